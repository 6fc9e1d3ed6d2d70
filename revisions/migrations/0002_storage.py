from django.db import migrations

# lz4 is twice as fast as pglz on lines of JSON and as small; where the server was built without it, pglz stays.
COMPRESSION = """
    do $$ begin
        alter table revisions_revisionpage alter column lines set compression lz4;
    exception when feature_not_supported then null;
    end $$;
"""

# By threshold, not scale factor: dead entries in the queue's tail cost every pass, however large the tables are.
VACUUM = """
    alter table revisions_changeset set
        (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
         autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);
    alter table revisions_outboxitem set
        (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
         autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);
    alter table revisions_queue set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0);
    alter table revisions_queuedcount set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0);
    alter table revisions_departure set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0);
    alter table revisions_departedcount set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0);
    alter table revisions_fanoutstate set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0);
"""


class Migration(migrations.Migration):
    dependencies = [("revisions", "0001_initial")]

    operations = [
        migrations.RunSQL(COMPRESSION, migrations.RunSQL.noop),
        migrations.RunSQL(VACUUM, migrations.RunSQL.noop),
        migrations.RunSQL(
            "insert into revisions_fanoutstate (id, floor, candidate, candidate_xid) values (1, 0, 0, 0)",
            migrations.RunSQL.noop,
        ),
    ]
