"""An index for django-q's dequeue (key, lock): it has none and polls all the time."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial"), ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX IF NOT EXISTS b1flow_ormq_key_lock ON django_q_ormq (key, lock)",
            "DROP INDEX IF EXISTS b1flow_ormq_key_lock",
        )
    ]
