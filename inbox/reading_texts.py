"""What a reading's codes mean, for people. Reading itself knows no languages."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    # the message as a whole
    "reading_died_time": _("Reading it took too long and was ended. It may be made to do harm."),
    "reading_died_memory": _("Reading it took too much memory and was ended. It may be made to do harm."),
    "reading_died_crash": _("It broke the program that read it. It may be made to do harm."),
    "reading_unavailable": _("It couldn't be read just now. It is tried again."),
    "too_large": _("It is larger than what is read."),
    "too_many_parts": _("It has more parts than a message with invoices has."),
    "too_deep": _("Its parts are nested deeper than those of any real message."),
    "endless_headers": _("Its headers never end."),
    "too_much_content": _("The files in it are too large altogether."),
    "too_many_invoices": _("It has more invoices than are taken from one message."),
    "encrypted_mail": _("It is encrypted. Ask the sender to send it without encryption."),
    "winmail_dat": _(
        "Outlook packed it as winmail.dat, which isn't opened. Ask the sender to send it as plain text or HTML."
    ),
    "no_invoice": _("Nothing in it looks like an invoice."),
    # its files
    "archive_refused": _(
        "Archives of this kind aren't opened. Ask the sender for the files themselves, or a plain zip."
    ),
    "nested_archive": _("An archive inside of another isn't opened."),
    "archive_bomb": _("The archive says it is far larger inside than it is outside. It may be made to do harm."),
    "too_many_files": _("There are too many files in it."),
    "encrypted_archive": _("The archive is encrypted."),
    "damaged_archive": _("The archive is damaged."),
    "encrypted_pdf": _("The PDF asks for a password. Ask the sender for one without."),
    "damaged_pdf": _("The PDF is damaged."),
    "not_a_pdf": _("It is no PDF."),
    "executable": _("Programs are never opened."),
    "macros": _("Office documents with macros are never opened."),
    "office_old": _("Documents of old office programs aren't opened, as they may hold macros."),
    "outlook_message": _(
        "Outlook's own message files aren't opened. Forward the invoice as an ordinary attachment instead."
    ),
    "html": _("HTML is never shown as it was sent."),
    "heic": _("Pictures in HEIC can't be shown. Ask the sender for JPEG or PDF."),
    "unknown_type": _("Files of this type aren't read."),
    "too_large_picture": _("The picture has too many pixels."),
    "damaged_picture": _("The picture is damaged."),
    "not_a_picture": _("It is no picture that can be shown."),
    "small_picture": _("A logo or another small picture."),
    "forwarded_too_deep": _("It was forwarded inside of too many other messages."),
    "broken_transfer": _("It was damaged on the way. It was read as far as it goes."),
    "broken_charset": _("Its letters aren't those that it says. They were read as well as could be."),
    "no_invoice_xml": _("XML that is no invoice."),
    "unreadable_invoice": _("XML that says it is an invoice, but can't be read as one."),
    "hostile_xml": _("XML with declarations that no invoice has. It may be made to do harm."),
    "empty": _("It is empty."),
}
UNKNOWN = _("It can't be read (%(code)s).")


def text_of(code: str) -> str:
    """What a code means, in the language in force."""
    return str(TEXTS[code]) if code in TEXTS else str(UNKNOWN) % {"code": code}
