
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import information_types.triggers
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('ledger', '0006_changed_at'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='InvoiceAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('local_part', models.CharField(editable=False, max_length=64, verbose_name='address')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='made')),
                ('replaced_at', models.DateTimeField(editable=False, null=True, verbose_name='replaced')),
                ('works_until', models.DateTimeField(editable=False, null=True, verbose_name='works until')),
                ('made_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
            ],
            options={
                'verbose_name': 'invoice address',
                'verbose_name_plural': 'invoice addresses',
                'ordering': ('portal', '-id'),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Mail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='identity')),
                ('source', models.CharField(choices=[('smtp', 'mail'), ('imap', 'mailbox'), ('api', 'REST'), ('upload', 'uploaded')], default='smtp', max_length=8, verbose_name='came by')),
                ('digest', models.CharField(max_length=64, verbose_name='content hash')),
                ('size', models.PositiveBigIntegerField(verbose_name='size')),
                ('recipient', models.CharField(blank=True, max_length=320, verbose_name='to')),
                ('envelope_sender', models.CharField(blank=True, max_length=320, verbose_name='envelope sender')),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='received')),
                ('message_id', models.CharField(blank=True, max_length=255, verbose_name='Message-ID')),
                ('subject', models.CharField(blank=True, max_length=500, verbose_name='subject')),
                ('sender', models.CharField(blank=True, max_length=500, verbose_name='from')),
                ('reply_to', models.CharField(blank=True, max_length=320, verbose_name='reply to')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('text', models.TextField(blank=True, verbose_name='text')),
                ('status', models.CharField(choices=[('waiting', 'waiting to be read'), ('reading', 'being read'), ('read', 'read'), ('quarantined', 'in quarantine'), ('removed', 'removed from quarantine')], default='waiting', max_length=16, verbose_name='status')),
                ('reason', models.JSONField(blank=True, editable=False, null=True)),
                ('remarks', models.JSONField(blank=True, default=list, editable=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('released', models.BooleanField(default=False, verbose_name='released')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled')),
                ('address', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='inbox.invoiceaddress', verbose_name='address')),
                ('company', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.company', verbose_name='company')),
                ('duplicate_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='duplicates', to='inbox.mail', verbose_name='duplicate of')),
                ('settled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='settled by')),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'ordering': ('-id',),
                'default_permissions': ('view', 'change'),
            },
        ),
        migrations.CreateModel(
            name='MailFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('part', models.CharField(max_length=64, verbose_name='part')),
                ('name', models.CharField(blank=True, max_length=255, verbose_name='file')),
                ('media_type', models.CharField(max_length=100, verbose_name='kind')),
                ('size', models.PositiveBigIntegerField(verbose_name='size')),
                ('digest', models.CharField(max_length=64, verbose_name='content hash')),
                ('kind', models.CharField(choices=[('invoice', 'invoice'), ('attachment', 'attachment'), ('ignored', 'ignored')], default='attachment', max_length=16, verbose_name='use')),
                ('mail', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='inbox.mail', verbose_name='message')),
            ],
            options={
                'verbose_name': 'file of a message',
                'verbose_name_plural': 'files of messages',
                'ordering': ('mail', 'id'),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='IncomingInvoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=1, verbose_name='place in the message')),
                ('format', models.CharField(max_length=32, verbose_name='format')),
                ('content', models.JSONField(blank=True, editable=False, null=True)),
                ('findings', models.JSONField(blank=True, default=list, editable=False)),
                ('proposals', models.JSONField(blank=True, default=list, editable=False)),
                ('invoice_number', models.CharField(blank=True, max_length=64, verbose_name='invoice number')),
                ('sender_name', models.CharField(blank=True, max_length=200, verbose_name='from')),
                ('found_by', models.CharField(blank=True, max_length=32, verbose_name='supplier found by')),
                ('state', models.CharField(choices=[('to_enter', 'to be entered'), ('entered', 'in the register'), ('duplicate', 'duplicate'), ('rejected', 'rejected')], default='to_enter', max_length=16, verbose_name='state')),
                ('repeated_by', models.CharField(blank=True, max_length=16, verbose_name='known by')),
                ('is_original', models.BooleanField(default=False, verbose_name='not a duplicate')),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='received')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled')),
                ('reject_reason', models.TextField(blank=True, verbose_name='reason')),
                ('replied_at', models.DateTimeField(blank=True, null=True, verbose_name='replied')),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.company', verbose_name='company')),
                ('duplicate_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='duplicates', to='inbox.incominginvoice', verbose_name='duplicate of')),
                ('repeats', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='ledger.supplierinvoice', verbose_name='repeats')),
                ('settled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='settled by')),
                ('supplier_invoice', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='incoming', to='ledger.supplierinvoice', verbose_name='supplier invoice')),
                ('mail', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='inbox.mail', verbose_name='message')),
                ('attachments', models.ManyToManyField(blank=True, related_name='+', to='inbox.mailfile', verbose_name='attachments')),
                ('document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inbox.mailfile', verbose_name='document')),
            ],
            options={
                'verbose_name': 'incoming invoice',
                'verbose_name_plural': 'incoming invoices',
                'ordering': ('-id',),
                'permissions': [('approve_incominginvoice', 'Can approve incoming invoices')],
                'default_permissions': ('view', 'change'),
            },
        ),
        migrations.CreateModel(
            name='Portal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('active', models.BooleanField(default=True, help_text='Without it, mail to the company is refused.', verbose_name='active')),
                ('series', models.CharField(blank=True, default='', max_length=32, verbose_name='voucher series')),
                ('payable_account', models.CharField(blank=True, default='', max_length=32, verbose_name='account of supplier debts')),
                ('vat_account', models.CharField(blank=True, default='', max_length=32, verbose_name='account of input VAT')),
                ('rounding_account', models.CharField(blank=True, default='', max_length=32, verbose_name='account of rounding')),
                ('expense_account', models.CharField(blank=True, default='', help_text="For a supplier's first invoice.", max_length=32, verbose_name='usual account')),
                ('company', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='portal', to='ledger.company', verbose_name='company')),
            ],
            options={
                'verbose_name': 'e-mail portal',
                'verbose_name_plural': 'e-mail portals',
                'ordering': ('company',),
                'default_permissions': ('view', 'change'),
            },
        ),
        migrations.AddField(
            model_name='invoiceaddress',
            name='portal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='addresses', to='inbox.portal', verbose_name='e-mail portal'),
        ),
        migrations.CreateModel(
            name='SupplierIdentity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scheme', models.CharField(max_length=32, verbose_name='kind')),
                ('value', models.CharField(max_length=128, verbose_name='value')),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='ledger.company', verbose_name='company')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='ledger.supplier', verbose_name='supplier')),
            ],
            options={
                'verbose_name': "supplier's identity",
                'verbose_name_plural': "suppliers' identities",
                'ordering': ('company', 'scheme', 'value'),
                'default_permissions': (),
            },
        ),
        migrations.AddIndex(
            model_name='mail',
            index=models.Index(condition=models.Q(('status__in', ['waiting', 'reading'])), fields=['id'], name='mail_unfinished'),
        ),
        migrations.AddIndex(
            model_name='mail',
            index=models.Index(condition=models.Q(('status', 'quarantined')), fields=['company', '-id'], name='mail_quarantined'),
        ),
        migrations.AddIndex(
            model_name='mail',
            index=models.Index(fields=['company', '-id'], name='mail_by_company'),
        ),
        migrations.AddIndex(
            model_name='mail',
            index=models.Index(fields=['company', 'digest'], name='mail_by_digest'),
        ),
        migrations.AddIndex(
            model_name='mail',
            index=models.Index(condition=models.Q(('message_id', ''), _negated=True), fields=['company', 'message_id'], name='mail_by_message_id'),
        ),
        migrations.AddIndex(
            model_name='mail',
            index=models.Index(fields=['digest'], name='mail_content'),
        ),
        migrations.AddIndex(
            model_name='mailfile',
            index=models.Index(fields=['digest'], name='mail_file_content'),
        ),
        migrations.AddConstraint(
            model_name='mailfile',
            constraint=models.UniqueConstraint(fields=('mail', 'part'), name='mail_file_once'),
        ),
        migrations.AddIndex(
            model_name='incominginvoice',
            index=models.Index(fields=['company', '-id'], name='incoming_by_company'),
        ),
        migrations.AddIndex(
            model_name='incominginvoice',
            index=models.Index(condition=models.Q(('state', 'to_enter')), fields=['id'], name='incoming_to_enter'),
        ),
        migrations.AddConstraint(
            model_name='incominginvoice',
            constraint=models.UniqueConstraint(fields=('mail', 'position'), name='incoming_invoice_once'),
        ),
        migrations.AddConstraint(
            model_name='incominginvoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'duplicate'), _negated=True), ('supplier_invoice', None), _connector='OR'), name='incoming_invoice_duplicate_has_no_row'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='portal',
            trigger=pgtrigger.compiler.Trigger(name='history', sql=information_types.triggers.TriggerSql(declare="DECLARE before jsonb := '{}'; after jsonb := '{}'; different jsonb;", func="\n            if tg_op <> 'INSERT' then before := jsonb_build_object('company', (select number from ledger_company where id = old.company_id), 'active', old.active, 'series', old.series, 'payable_account', old.payable_account, 'vat_account', old.vat_account, 'rounding_account', old.rounding_account, 'expense_account', old.expense_account); end if;\n            if tg_op <> 'DELETE' then after := jsonb_build_object('company', (select number from ledger_company where id = new.company_id), 'active', new.active, 'series', new.series, 'payable_account', new.payable_account, 'vat_account', new.vat_account, 'rounding_account', new.rounding_account, 'expense_account', new.expense_account); end if;\n            select jsonb_object_agg(key, jsonb_build_array(before -> key, after -> key)) into different\n            from jsonb_object_keys(before || after) key\n            where coalesce(before -> key, 'null') is distinct from coalesce(after -> key, 'null');\n            \n            if tg_op = 'INSERT' then\n                perform history_write('created', 'inbox.portal', new.id, (select number from ledger_company where id = new.company_id), new.company_id, different);\n            elsif tg_op = 'DELETE' then\n                perform history_write('deleted', 'inbox.portal', old.id, (select number from ledger_company where id = old.company_id), old.company_id, different);\n            elsif different is not null then\n                perform history_write('changed', 'inbox.portal', new.id, (select number from ledger_company where id = new.company_id), new.company_id, different);\n            end if;\n            return null;\n        ", hash='0658321ecba482c2049fd55039915aeb8e0da68c', operation='INSERT OR UPDATE OF "company_id", "active", "series", "payable_account", "vat_account", "rounding_account", "expense_account" OR DELETE', pgid='pgtrigger_history_82726', table='inbox_portal', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='invoiceaddress',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('local_part'), name='invoice_address_once'),
        ),
        migrations.AddConstraint(
            model_name='invoiceaddress',
            constraint=models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('portal',), name='invoice_address_current_once'),
        ),
        migrations.AddConstraint(
            model_name='invoiceaddress',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('replaced_at', None), ('works_until', None)), models.Q(('replaced_at__isnull', False), ('works_until__isnull', False)), _connector='OR'), name='invoice_address_replaced_works_until'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoiceaddress',
            trigger=pgtrigger.compiler.Trigger(name='history', sql=information_types.triggers.TriggerSql(declare="DECLARE before jsonb := '{}'; after jsonb := '{}'; different jsonb;", func="\n            if tg_op <> 'INSERT' then before := jsonb_build_object('portal', old.portal_id, 'local_part', old.local_part, 'replaced_at', old.replaced_at, 'works_until', old.works_until); end if;\n            if tg_op <> 'DELETE' then after := jsonb_build_object('portal', new.portal_id, 'local_part', new.local_part, 'replaced_at', new.replaced_at, 'works_until', new.works_until); end if;\n            select jsonb_object_agg(key, jsonb_build_array(before -> key, after -> key)) into different\n            from jsonb_object_keys(before || after) key\n            where coalesce(before -> key, 'null') is distinct from coalesce(after -> key, 'null');\n            \n            if tg_op = 'INSERT' then\n                perform history_write('created', 'inbox.invoiceaddress', new.id, new.local_part, (select company_id from inbox_portal where id = new.portal_id), different);\n            elsif tg_op = 'DELETE' then\n                perform history_write('deleted', 'inbox.invoiceaddress', old.id, old.local_part, (select company_id from inbox_portal where id = old.portal_id), different);\n            elsif different is not null then\n                perform history_write('changed', 'inbox.invoiceaddress', new.id, new.local_part, (select company_id from inbox_portal where id = new.portal_id), different);\n            end if;\n            return null;\n        ", hash='842e7c90932cb40beb860ca22ac2b3ade7845c75', operation='INSERT OR UPDATE OF "portal_id", "local_part", "replaced_at", "works_until" OR DELETE', pgid='pgtrigger_history_790ce', table='inbox_invoiceaddress', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='supplieridentity',
            index=models.Index(fields=['supplier'], name='supplier_identities'),
        ),
        migrations.AddConstraint(
            model_name='supplieridentity',
            constraint=models.UniqueConstraint(fields=('company', 'scheme', 'value'), name='supplier_identity_once'),
        ),
    ]
