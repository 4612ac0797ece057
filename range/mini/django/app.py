# SPDX-License-Identifier: Apache-2.0
"""A forum of star gazers: Django, SQLite, tokens in a header or a session cookie, GraphQL beside REST."""
import json
import os

import django
from django.conf import settings
from django.core.management.utils import get_random_secret_key

FLAWS = set(os.environ["FLAWS"].split(","))
settings.configure(
    DEBUG="debug" in FLAWS, SECRET_KEY=get_random_secret_key(), ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SQLITE"]}},
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", f"{__name__}.cors", "django.middleware.clickjacking.XFrameOptionsMiddleware"],
)
django.setup()

import graphql  # noqa: E402
from django.contrib.auth.hashers import check_password  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.core import signing  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.http import require_GET, require_http_methods, require_POST  # noqa: E402
from lxml import etree  # noqa: E402

from models import Complaint, Member, Thread, create  # noqa: E402

THREADS, MEMBERS, QUEUE = (os.environ["WORD_" + w] for w in ("THREADS", "MEMBERS", "QUEUE"))
OWN_ORIGIN = "https://www.stars.example"
failures = {}


def cors(get_response):
    def middleware(request):
        response = get_response(request)
        origin = request.headers.get("Origin")
        if origin and ("cors" in FLAWS or origin == OWN_ORIGIN):
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Allow-Credentials"] = "true"
        response["Vary"] = "Origin"
        response.setdefault("Cache-Control", "no-store")
        return response
    return middleware


def caller(request):
    """The member who asks, or None."""
    try:
        number = signing.loads(request.COOKIES.get("session", ""), salt="session", max_age=3600)
    except signing.BadSignature:
        return None
    return Member.objects.filter(pk=number).first()


def signed_in(view):
    def guarded(request, **names):
        request.member = caller(request)
        return view(request, **names) if request.member else JsonResponse({"error": "sign in"}, status=401)
    return guarded


def staff_only(view):
    @signed_in
    def guarded(request, **names):
        return view(request, **names) if request.member.is_staff else JsonResponse({"error": "moderators only"}, status=403)
    return guarded


@require_POST
def sign_in(request):
    name = request.POST.get("name", "")
    if failures.get(name, 0) >= 5:
        return JsonResponse({"error": "later"}, status=429)
    member = Member.objects.filter(name=name).first()
    if not member or not check_password(request.POST.get("password", ""), member.password):
        failures[name] = failures.get(name, 0) + 1
        return JsonResponse({"error": "wrong name or password"}, status=401)
    response = JsonResponse({"name": member.name})
    response.set_cookie("session", signing.dumps(member.pk, salt="session"), max_age=3600, httponly=True, secure=True, samesite="None")
    return response


@require_GET
def threads(request):
    found = Thread.objects.filter(title__icontains=request.GET.get("q", "")[:80]).select_related("author")
    return JsonResponse({"items": [{"id": t.pk, "title": t.title, "author": t.author.name} for t in found[:50]]})


@require_GET
def thread(request, number):
    t = Thread.objects.filter(pk=number).select_related("author").first()
    return JsonResponse({"id": t.pk, "title": t.title, "text": t.text, "author": t.author.name}) if t else JsonResponse({"error": "none"}, status=404)


@require_GET
def members_of_old(request):
    """The first version of the API, for the telephone app."""
    if "old-version" not in FLAWS:
        return JsonResponse({"error": "this version has ended, use /api/v2"}, status=410)
    return JsonResponse({"items": list(Member.objects.values("id", "name", "email", "phone"))})


@require_GET
@signed_in
def members(request):
    return JsonResponse({"items": list(Member.objects.values("id", "name", "motto"))})


@require_http_methods(["GET", "PATCH"])
@signed_in
def me(request):
    member = request.member
    if request.method == "PATCH":
        try:
            changes = json.loads(request.body)
        except ValueError:
            return JsonResponse({"error": "JSON, please"}, status=400)
        allowed = {"motto", "phone", "is_staff"} if "profile-role" in FLAWS else {"motto", "phone"}
        for name in allowed & set(changes if isinstance(changes, dict) else ()):
            setattr(member, name, bool(changes[name]) if name == "is_staff" else str(changes[name])[:30])
        member.save()
    return JsonResponse({"id": member.pk, "name": member.name, "email": member.email, "phone": member.phone, "motto": member.motto, "is_staff": member.is_staff})


@require_GET
def queue(request):
    items = Complaint.objects.select_related("reporter")
    return JsonResponse({"items": [{"id": c.pk, "thread": c.thread_id, "text": c.text, "reporter": c.reporter.email} for c in items]})


@require_POST
def validate(request):
    """Says whether a feed of threads could be imported. Stores nothing."""
    loose = "xxe" in FLAWS
    parser = etree.XMLParser(resolve_entities=loose, load_dtd=loose, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(request.body[:65536], parser)
    except (etree.XMLSyntaxError, ValueError):
        return JsonResponse({"valid": False, "titles": []}, status=400)
    return JsonResponse({"valid": True, "titles": ["".join(e.itertext())[:2000] for e in root.iter("title")]})


schema = graphql.build_schema("""
    type Query { threads: [Thread!]!  thread(id: Int!): Thread  me: Member }
    type Thread { id: Int!  title: String!  text: String!  author: Member! }
    type Member { id: Int!  name: String!  motto: String  email: String  phone: String }
""")


def private(name):
    def resolve(member, info):
        asking = info.context
        if "graphql-field" not in FLAWS and (asking is None or (asking.pk != member.pk and not asking.is_staff)):
            return None
        return getattr(member, name)
    return resolve


schema.type_map["Member"].fields["email"].resolve = private("email")
schema.type_map["Member"].fields["phone"].resolve = private("phone")


class Root:
    def threads(self, info):
        return list(Thread.objects.select_related("author")[:50])

    def thread(self, info, id):
        return Thread.objects.filter(pk=id).select_related("author").first()

    def me(self, info):
        return info.context


def depth(node, level=0):
    inner = getattr(node, "selection_set", None)
    return max([level, *(depth(n, level + 1) for n in inner.selections)]) if inner else level


@require_http_methods(["GET", "POST"])
@signed_in
def graph(request):
    try:
        text = request.GET.get("query", "") if request.method == "GET" else json.loads(request.body)["query"]
        document = graphql.parse(str(text), max_tokens=500)
    except (ValueError, KeyError, TypeError, graphql.GraphQLError):
        return JsonResponse({"errors": [{"message": "not a query"}]}, status=400)
    rules = list(graphql.specified_rules)
    if "introspection" not in FLAWS:
        rules.append(graphql.NoSchemaIntrospectionCustomRule)
    errors = graphql.validate(schema, document, rules) or ([] if max(map(depth, document.definitions)) <= 5 else [graphql.GraphQLError("too deep")])
    if errors:
        return JsonResponse({"errors": [{"message": e.message.split(" Did you mean")[0]} for e in errors[:3]]}, status=400)
    result = graphql.execute_sync(schema, document, Root(), request.member)
    return JsonResponse({"data": result.data})


def documentation(request):
    return HttpResponse("<!doctype html><title>API</title><h1>Star gazers' API</h1><p>Send <code>?q=' OR 1=1</code> and nothing happens: "
                        "we use parameters. Errors such as <code>sqlite3.OperationalError: near \"OR\"</code> are of the past.</p>")


urlpatterns = [
    path("docs/", documentation), path("api/v2/session/", sign_in), path(f"api/v2/{THREADS}/", threads), path(f"api/v2/{THREADS}/<int:number>/", thread),
    path(f"api/v2/{MEMBERS}/", members), path("api/v2/me/", me),
    path(f"api/v2/moderation/{QUEUE}/", queue if "queue-unguarded" in FLAWS else staff_only(queue)),
    path("api/v2/feeds/validate/", validate), path(f"api/v1/{MEMBERS}/", members_of_old), path("graphql", graph),
]

if __name__ == "__main__":
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer, make_server

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True
        request_queue_size = 64

    create()
    ServerHandler.server_software = "stars"
    WSGIRequestHandler.server_version, WSGIRequestHandler.sys_version = "stars", ""
    make_server("127.0.0.1", int(os.environ["PORT"]), get_wsgi_application(), Server).serve_forever()
