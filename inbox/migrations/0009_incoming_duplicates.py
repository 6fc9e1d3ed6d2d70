from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inbox', '0008_held_up_mails'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='incominginvoice',
            index=models.Index(condition=models.Q(('state', 'duplicate')), fields=['id'], name='incoming_duplicates'),
        ),
    ]
