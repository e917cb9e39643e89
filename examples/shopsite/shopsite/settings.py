"""Settings of an example: no secret, one application, SQLite."""

SECRET_KEY = "an example"
INSTALLED_APPS = ["django.contrib.contenttypes", "catalogue"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
ROOT_URLCONF = "catalogue.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
ALLOWED_HOSTS = ["testserver"]
