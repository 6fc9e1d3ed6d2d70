"""What landed is kept for each check-in: two files of one copy are compared with what landed of themselves."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workcopies", "0005_check_in_file_version")]

    operations = [
        migrations.RemoveField(model_name="checkin", name="file_version"),
        migrations.AddField(
            model_name="checkin",
            name="file_place",
            field=models.PositiveBigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="checkin", name="file_mark", field=models.BigIntegerField(editable=False, null=True)
        ),
        migrations.AddField(model_name="landed", name="made", field=models.BigIntegerField(null=True)),
        migrations.AddField(
            model_name="conflict", name="made", field=models.BigIntegerField(editable=False, null=True)
        ),
        migrations.RemoveConstraint(model_name="landed", name="landed_once_in_a_copy"),
        migrations.AddConstraint(
            model_name="landed",
            constraint=models.UniqueConstraint(
                fields=["working_copy", "register", "copy_key", "check_in"], name="landed_once_in_a_check_in"
            ),
        ),
        migrations.RemoveConstraint(model_name="conflict", name="conflict_open_once"),
        migrations.AddConstraint(
            model_name="conflict",
            constraint=models.UniqueConstraint(
                fields=["working_copy", "register", "copy_key", "check_in"],
                name="conflict_open_once",
                condition=models.Q(("status", "open")),
            ),
        ),
    ]
