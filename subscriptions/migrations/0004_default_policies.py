from django.db import migrations

# What a new subscription gets: a warning, never a cut.
POLICIES = """
    insert into subscriptions_backlogpolicy (subscription_id, warn_rows, warn_hours, addresses)
    select id, 1000000, 48, '' from subscriptions_subscription
"""


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0003_backlogpolicy")]

    operations = [migrations.RunSQL(POLICIES, migrations.RunSQL.noop)]
