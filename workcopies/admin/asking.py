"""What is asked before a choice is written: what it becomes, and what isn't taken."""

from django.urls import reverse
from django.utils.translation import gettext

from access.http.admin.confirmation import Confirmation
from workcopies.admin.naming import title_of
from workcopies.admin.sides import Sides
from workcopies.models import Conflict


def question(conflict: Conflict, sides: Sides) -> Confirmation:
    """What is asked before the choice is written: what it becomes, and what isn't taken."""
    name = title_of(conflict)
    back = reverse("admin:workcopies_conflict_change", args=[conflict.pk])
    if sides.is_whole:
        return _about_the_whole(name, sides, back)
    chosen = [block for block in [*sides.fields, *sides.rows] if block.is_chosen or block.is_beside]
    return Confirmation(
        title=gettext("Resolve the conflict about %(name)s?") % {"name": name},
        button=gettext("Resolve the conflict"),
        lead=[gettext("This is written here, and queued for integrations like any change.")],
        lists=[
            (gettext("It becomes"), [block.told_result for block in chosen]),
            (
                gettext("Not taken, but still to be seen in the conflict"),
                [text for block in chosen for text in block.told_not_taken],
            ),
        ],
        back_url=back,
    )


def _about_the_whole(name: str, sides: Sides, back: str) -> Confirmation:
    both = gettext("Both sides stay visible in the conflict.")
    if sides.result is not None:
        lead = gettext("It is kept, as the side has it that you chose.")
        title, button = gettext("Keep %(name)s?"), gettext("Keep")
    elif sides.theirs is None:
        lead = gettext("It stays deleted here, and what was changed in the working copy is not taken.")
        title, button = gettext("Leave %(name)s deleted?"), gettext("Leave it deleted")
    else:
        lead, title, button = gettext("It is deleted here."), gettext("Delete %(name)s?"), gettext("Delete")
    is_loss = sides.result is None and sides.theirs is not None
    return Confirmation(title=title % {"name": name}, button=button, lead=[lead, both], back_url=back, is_loss=is_loss)
