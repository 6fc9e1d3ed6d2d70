import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0006_changed_at'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='supplierinvoice',
            index=models.Index(models.F('supplier'), django.db.models.functions.text.Upper(models.Func(models.F('invoice_number'), models.Value('\\s'), models.Value(''), models.Value('g'), function='regexp_replace', output_field=models.CharField())), name='supplierinvoice_same'),
        ),
    ]
