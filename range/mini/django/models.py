# SPDX-License-Identifier: Apache-2.0
import os
import random

from django.contrib.auth.hashers import make_password
from django.db import connection, models


class Member(models.Model):
    name = models.CharField(max_length=60, unique=True)
    email = models.EmailField()
    phone = models.CharField(max_length=30)
    motto = models.CharField(max_length=200, default="")
    password = models.CharField(max_length=128)
    is_staff = models.BooleanField(default=False)

    class Meta:
        app_label = "forum"


class Thread(models.Model):
    author = models.ForeignKey(Member, models.CASCADE)
    title = models.CharField(max_length=120)
    text = models.TextField()

    class Meta:
        app_label = "forum"


class Complaint(models.Model):
    thread = models.ForeignKey(Thread, models.CASCADE)
    reporter = models.ForeignKey(Member, models.CASCADE)
    text = models.TextField()

    class Meta:
        app_label = "forum"


def create():
    rng = random.Random(int(os.environ["SEED"]))
    with connection.schema_editor() as editor:
        for model in (Member, Thread, Complaint):
            editor.create_model(model)
    members = []
    for n, who in enumerate(("FIRST", "SECOND", "BOSS")):
        name = os.environ["VALUE_" + who]
        members.append(Member.objects.create(
            id=int(os.environ["VALUE_MEMBERID"]) + n, name=name, email=f"{name}.{rng.randint(1950, 2005)}@posts.example",
            phone=f"+43 1 {rng.randint(2000000, 8999999)}", is_staff=who == "BOSS",
            password=make_password(os.environ[f"VALUE_{who}PW"], hasher="pbkdf2_sha256")))
    for n, title in enumerate(("Which telescope?", "Clouds again", "Mars tonight", "Selling a tripod", "Light pollution", "Meteor count")):
        thread = Thread.objects.create(id=int(os.environ["VALUE_THREADID"]) + n, author=members[n % 3], title=title, text=f"{title} Tell me.")
        Complaint.objects.create(thread=thread, reporter=members[(n + 1) % 3], text=f"Not friendly, says {members[(n + 1) % 3].name}")
