// SPDX-License-Identifier: Apache-2.0
// What EC2's metadata service (version 1 answers, version 2 hands out tokens) and ECS's container agent say, by the host that was asked; and
// the workshop's picture host. The credentials here are drawn and open nothing.
#include "lab/store.h"

struct leaf {
    const char *path, *text;
};

static const struct leaf instance[] = {
    {"/latest", "dynamic\nmeta-data\nuser-data"},
    {"/latest/meta-data", "ami-id\nami-launch-index\nhostname\niam/\ninstance-id\ninstance-type\nlocal-ipv4\nplacement/\nservices/"},
    {"/latest/meta-data/ami-id", "ami-0b5e91c27d4f8a360"},
    {"/latest/meta-data/hostname", "ip-10-20-3-41.eu-central-1.compute.internal"},
    {"/latest/meta-data/instance-id", "i-07c4e1d92b6fa8053"},
    {"/latest/meta-data/instance-type", "t3.small"},
    {"/latest/meta-data/local-ipv4", "10.20.3.41"},
    {"/latest/meta-data/placement/region", "eu-central-1"},
    {"/latest/meta-data/services", "domain\npartition"},
    {"/latest/meta-data/services/domain", "amazonaws.com"},
    {"/latest/meta-data/services/partition", "aws"},
    {"/latest/meta-data/iam", "info\nsecurity-credentials/"},
    {"/latest/meta-data/iam/security-credentials", "workshop-node"},
};

static void not_found(struct lab_call *c) {
    answer_status(c, 404, "text/html");
    answer_add(c, "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<html><head><title>404 - Not Found</title></head><body><h1>404 - Not Found</h1></body></html>\n");
}

static void role_credentials(struct lab_call *c) {
    answer_status(c, 200, "text/plain");
    answer_add(c, "{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",");
    answer_member(c, "AccessKeyId", lab_planted[PLANTED_ROLE_ID]);
    answer_add(c, ",");
    answer_member(c, "SecretAccessKey", lab_planted[PLANTED_ROLE_KEY]);
    answer_add(c, ",");
    answer_member(c, "Token", lab_planted[PLANTED_ROLE_TOKEN]);
    answer_add(c, ",\"Expiration\":\"2031-01-01T00:00:00Z\"}");
}

static void answer_instance(struct lab_call *c, struct sv path) {
    if (sv_eq(c->method, SV("PUT")) && sv_eq(path, SV("/latest/api/token"))) {
        answer_status(c, 200, "text/plain");
        answer_add(c, "AQAEA%016llx==", (unsigned long long)call_random(c));
        return;
    }
    if (sv_eq(path, SV("/latest/meta-data/iam/security-credentials/workshop-node"))) {
        role_credentials(c);
        return;
    }
    for (size_t i = 0; i < sizeof instance / sizeof *instance; i++) {
        if (!sv_eq(path, sv_from(instance[i].path))) continue;
        answer_status(c, 200, "text/plain");
        answer_add(c, "%s", instance[i].text);
        return;
    }
    not_found(c);
}

static void answer_agent(struct lab_call *c, struct sv path) {
    answer_status(c, 200, "application/json");
    if (sv_eq(path, SV("/v2/metadata"))) {
        answer_add(c, "{\"Cluster\":\"workshop\",\"TaskARN\":\"arn:aws:ecs:eu-central-1:000000000000:task/workshop/5d0c7b91e2f84a36\",\"Family\":\"workshop-api\","
                      "\"Revision\":\"14\",\"DesiredStatus\":\"RUNNING\",\"KnownStatus\":\"RUNNING\",\"Containers\":[{\"Name\":\"api\",\"Image\":\"workshop/api:1.4.2\"}]}");
    } else if (sv_starts_with(path, SV("/v2/credentials/"))) {
        role_credentials(c);
    } else {
        answer_status(c, 404, "text/plain");
        answer_add(c, "404 page not found\n");
    }
}

static void answer_picture(struct lab_call *c, struct sv path) {
    if (!sv_eq(path, SV("/frame.svg"))) {
        not_found(c);
        return;
    }
    answer_status(c, 200, "image/svg+xml");
    answer_add(c, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"20\"><circle cx=\"8\" cy=\"12\" r=\"7\"/><circle cx=\"32\" cy=\"12\" r=\"7\"/></svg>");
}

void lab_answer_metadata(struct lab_call *c) {
    struct sv path = c->path, host = call_header(c, "Host");
    if (path.len > 1 && sv_ends_with(path, SV("/"))) path = sv_slice(path, 0, path.len - 1);
    if (sv_starts_with_nocase(host, SV("photos."))) {
        answer_picture(c, path);
        return;
    }
    answer_header(c, "Server", SV("EC2ws"));
    if (sv_starts_with(path, SV("/v2")) || sv_starts_with(host, SV("169.254.170.2"))) answer_agent(c, path);
    else answer_instance(c, path);
}
