"""The table of products."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Made by ``manage.py makemigrations``."""

    initial = True
    operations = [  # noqa: RUF012  as Django makes them
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40)),
            ],
        )
    ]
