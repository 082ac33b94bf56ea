"""Django over the same tables: the admin for units, Django REST framework for messages."""

import os
import sys

import django
from django.conf import settings
from django.contrib import admin
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.urls import include, path
from sqlalchemy import make_url

from bench.measure import Case, Queries, answer


def database() -> dict[str, object]:
    """The database as Django names it."""
    if not os.environ["DATABASE_URL"]:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"{os.environ['DATA_DIR']}/app.db",
            "CONN_MAX_AGE": None,
        }
    url = make_url(os.environ["DATABASE_URL"])
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": url.database, "USER": url.username or "",
        "PASSWORD": url.password or "", "HOST": url.query.get("host", url.host) or "", "PORT": url.port or "",
        "CONN_MAX_AGE": None,
    }  # fmt: skip


settings.configure(
    SECRET_KEY="stock" * 8,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    LANGUAGE_CODE="zh-hans",
    USE_TZ=True,
    DEBUG_PROPAGATE_EXCEPTIONS=True,
    DATABASES={"default": database()},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    STATIC_URL="/static/",
    INSTALLED_APPS=["bench", "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
                    "django.contrib.sessions", "django.contrib.messages", "rest_framework",
                    "rest_framework.authtoken"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware",
                "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware",
                "django.middleware.clickjacking.XFrameOptionsMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
        "context_processors": ["django.template.context_processors.request",
                               "django.contrib.auth.context_processors.auth",
                               "django.contrib.messages.context_processors.messages"]}}],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
)  # fmt: skip
django.setup()

from django.contrib.auth.models import User  # noqa: E402 (Django must be set up first)
from django.test import Client  # noqa: E402
from rest_framework import generics, pagination, serializers  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402


class Community(models.Model):
    name = models.CharField(max_length=64)

    class Meta:
        app_label, managed, db_table = "bench", False, "community"

    def __str__(self) -> str:
        return self.name


class Building(models.Model):
    name = models.CharField(max_length=64)

    class Meta:
        app_label, managed, db_table = "bench", False, "building"

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    community = models.ForeignKey(Community, models.CASCADE)
    building = models.ForeignKey(Building, models.CASCADE)
    number = models.CharField(max_length=32)
    floor = models.IntegerField()
    kind = models.CharField(max_length=24, choices=[("office", "写字间"), ("shop", "商铺"), ("flat", "公寓")])
    area_m2 = models.DecimalField(max_digits=12, decimal_places=2)
    status = models.CharField(max_length=24, choices=[("vacant", "空置"), ("occupied", "已入住")])

    class Meta:
        app_label, managed, db_table = "bench", False, "unit"


class Message(models.Model):
    member_id = models.BigIntegerField()
    kind = models.CharField(max_length=48)
    title = models.CharField(max_length=64)
    body = models.TextField()
    link = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        app_label, managed, db_table = "bench", False, "message"


@admin.register(Unit)
class UnitAdmin(admin.ModelAdmin):
    list_display = ("community", "building", "number", "floor", "kind", "area_m2", "status")
    list_filter = ("community", "kind", "status")
    search_fields = ("number",)
    ordering = ("id",)
    list_per_page = 20


class MessageSerializer(serializers.ModelSerializer):
    class Meta:
        model = Message
        fields = ("id", "kind", "title", "body", "link", "read_at", "created_at")


class NewestFirst(pagination.CursorPagination):
    ordering, page_size = "-id", 20


class MessageList(generics.ListAPIView):
    queryset = Message.objects.filter(member_id=1)
    serializer_class, pagination_class = MessageSerializer, NewestFirst


urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/messages/", MessageList.as_view()),
    path("auth/", include("rest_framework.urls")),
]


def main(units: int) -> None:
    call_command("migrate", verbosity=0, stdout=sys.stderr)
    person = User.objects.create_superuser("admin", "admin@example.com", "Demo-2026!")
    token = {"Authorization": f"Token {Token.objects.create(user=person).key}"}
    client = Client()
    client.force_login(person)
    cookies = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    queries = Queries()

    def counted(execute, sql, parameters, many, context):  # type: ignore[no-untyped-def]
        queries.note(sql)
        return execute(sql, parameters, many, context)

    connection.execute_wrappers.append(counted)
    last = (units - 1) // 20 + 1
    answer(
        get_wsgi_application(),
        {
            "first page": Case("/admin/bench/unit/", cookies, "U20<"),
            "middle page": Case(f"/admin/bench/unit/?p={units // 40 + 1}", cookies, f"U{units // 2 + 1}<"),
            "last page": Case(f"/admin/bench/unit/?p={last}", cookies, f"U{units}<"),
            "20 messages": Case("/api/messages/", token, "物业通知"),
        },
        queries,
    )


main(int(sys.argv[1]))
