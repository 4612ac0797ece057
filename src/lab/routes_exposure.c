// SPDX-License-Identifier: Apache-2.0
// Answers that say more than they should.
#include "base/numbers.h"
#include "lab/store.h"

static void answer_integrations(struct lab_call *c) {
    answer_add(c, "{\"payments\":{\"provider\":\"stripe\",\"healthy\":true");
    if (!c->lab->fixed) {
        answer_add(c, ",");
        answer_member(c, "secret_key", lab_planted[PLANTED_PAYMENT_KEY]);
    }
    answer_add(c, "},\"backup\":{\"bucket\":\"workshop-backup\",\"healthy\":true");
    if (!c->lab->fixed) {
        answer_add(c, ",");
        answer_member(c, "aws_access_key_id", lab_planted[PLANTED_CLOUD_ID]);
        answer_add(c, ",");
        answer_member(c, "aws_secret_access_key", lab_planted[PLANTED_CLOUD_KEY]);
    }
    answer_add(c, "}}");
}

// A mechanic's page for customers, which shows the whole record.
static void answer_mechanics(struct lab_call *c) {
    answer_add(c, "{\"mechanics\":[{\"name\":\"Teo Valdes\",\"speciality\":\"Gears\"");
    if (!c->lab->fixed) {
        answer_add(c, ",");
        answer_member(c, "iban", lab_planted[PLANTED_IBAN]);
        answer_add(c, ",");
        answer_member(c, "card_number", lab_planted[PLANTED_CARD]);
    }
    answer_add(c, "},{\"name\":\"Mira Lind\",\"speciality\":\"Wheels\"}]}");
}

// The form is checked only after it was used.
static void answer_compatible(struct lab_call *c) {
    struct sv size = call_query(c, "size");
    uint64_t inches = 28;
    bool good = size.ptr == NULL || number_parse_u64_range(size, 12, 36, &inches) == 0;
    if (good) {
        answer_add(c, "{\"size\":%u,\"tubes\":[\"Inner tube 28 inch\"]}", (unsigned)inches);
    } else if (c->lab->fixed) {
        answer_error(c, 400, SV("size must be a number from 12 to 36"));
    } else {
        answer_status(c, 500, "text/plain");
        answer_add(c, "Traceback (most recent call last):\n  File \"/srv/bikeshop/app/routes/tyres.py\", line 88, in compatible\n    inches = int(request.args[\"size\"])\n"
                      "  File \"/srv/bikeshop/app/forms.py\", line 31, in __getitem__\n    return convert(self.raw[key])\n"
                      "ValueError: invalid literal for int() with base 10\n");
    }
}

static void answer_health(struct lab_call *c) {
    if (c->lab->fixed) {
        answer_add(c, "{\"database\":\"up\",\"mail\":\"up\"}");
        return;
    }
    answer_add(c, "{\"database\":\"up\",");
    answer_member(c, "database_url", lab_planted[PLANTED_DATABASE_URL]);
    answer_add(c, ",\"mail\":\"up\"}");
}

static const struct lab_route list[] = {
    {"GET", "/v2/integrations", answer_integrations},
    {"GET", "/v2/mechanics", answer_mechanics},
    {"GET", "/v2/tyres/compatible", answer_compatible},
    {"GET", "/v2/dependencies", answer_health},
};
const struct lab_routes lab_routes_exposure = {list, sizeof list / sizeof *list};
