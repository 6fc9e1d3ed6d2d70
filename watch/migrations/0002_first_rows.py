from django.db import migrations

METERS = """
    insert into watch_meter (subscription_id, last_sequence, departed)
    select queue.subscription_id, queue.last_sequence, departure.rows
    from revisions_queue queue
    join revisions_departure departure on departure.subscription_id = queue.subscription_id
"""

STANDINGS = """
    insert into watch_standing (subscription_id, episode) select subscription_id, 0 from revisions_queue
"""


class Migration(migrations.Migration):
    dependencies = [("watch", "0001_initial"), ("revisions", "0002_storage")]

    operations = [
        migrations.RunSQL("insert into watch_pulse (id) values (1)", migrations.RunSQL.noop),
        migrations.RunSQL(METERS, migrations.RunSQL.noop),
        migrations.RunSQL(STANDINGS, migrations.RunSQL.noop),
    ]
