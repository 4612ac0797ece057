// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MODEL_API_H
#define PLUMB_MODEL_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sv.h"

enum type_bits { TYPE_STRING = 1, TYPE_INTEGER = 2, TYPE_NUMBER = 4, TYPE_BOOLEAN = 8, TYPE_ARRAY = 16, TYPE_OBJECT = 32, TYPE_NULL = 64 };

// The part of a JSON Schema that scanning needs. Recursive through `items`, `properties`; cycles are possible: users bound the depth.
struct schema {
    uint32_t types; // enum type_bits, 0 = any
    struct sv format, pattern, description;
    struct sv *enums; // JSON text of each allowed value ("\"red\"", "3")
    size_t enum_count;
    struct sv example;       // JSON text, SV_NONE when there is none
    struct sv default_value; // JSON text
    bool has_minimum, has_maximum, has_max_length, has_max_items;
    double minimum, maximum;
    uint64_t min_length, max_length, max_items;
    bool read_only, write_only, closed; // closed: additionalProperties false
    struct schema *items;
    struct schema_property *properties;
    size_t property_count;
};
struct schema_property {
    struct sv name;
    bool required;
    struct schema *schema; // never NULL
};

// PARAM_BODY: one leaf of a JSON or form body; its name is a path: "filter.name", "items[].id" (see http/build.h).
enum param_in { PARAM_PATH, PARAM_QUERY, PARAM_HEADER, PARAM_COOKIE, PARAM_BODY, PARAM_IN_COUNT };

struct parameter {
    struct sv name;
    enum param_in in;
    bool required;
    bool observed;      // inferred from traffic or links, not documented
    struct schema *schema; // never NULL
    struct sv description;
    struct sv example;  // raw value as it goes in (decoded), SV_NONE when none
};

enum scheme_kind { SCHEME_NONE, SCHEME_API_KEY, SCHEME_BASIC, SCHEME_BEARER, SCHEME_OAUTH2, SCHEME_OPENID, SCHEME_MUTUAL_TLS, SCHEME_OTHER };
enum oauth_flow { FLOW_IMPLICIT = 1, FLOW_PASSWORD = 2, FLOW_CODE = 4, FLOW_CLIENT = 8, FLOW_DEVICE = 16 };
struct security_scheme {
    struct sv id;
    enum scheme_kind kind;
    enum param_in in;     // API key
    struct sv param_name; // API key
    uint32_t flows;       // OAuth 2: enum oauth_flow
    struct sv plain_url;  // OAuth 2, OpenID Connect: an address of the description that is http:, SV_NONE when there is none
};

enum operation_source { SOURCE_SPEC = 1, SOURCE_LINK = 2, SOURCE_GUESS = 4, SOURCE_INFERRED = 8 };
// What the description demands of the caller.
enum demand { DEMAND_UNKNOWN /* no description, or security not mentioned */, DEMAND_NOTHING /* explicitly open */, DEMAND_OPTIONAL, DEMAND_CREDENTIALS };

struct documented_response {
    uint16_t status; // 0 = default
    struct sv media_type;
    struct schema *schema; // may be NULL
};

struct operation {
    uint32_t id; // index in the api
    struct sv method;   // "GET"
    struct sv path;     // template, base path included: "/v1/members/{id}"
    struct sv operation_id, summary, description;
    struct sv *tags;
    size_t tag_count;
    struct parameter *parameters;
    size_t parameter_count;
    struct sv body_media_type; // of the body that we would send; SV_NONE when none is documented
    bool body_required;
    struct schema *body_schema; // may be NULL
    struct documented_response *responses;
    size_t response_count;
    enum demand demand;
    struct security_scheme **schemes; // alternatives flattened
    size_t scheme_count;
    struct sv *scopes; // role or scope names that the description demands
    size_t scope_count;
    uint32_t sources;   // enum operation_source
    bool deprecated;
    bool read_only;     // x-plumb-read-only or --read-only-post
    struct sv file;     // specification file or URL; SV_NONE when not from one
    unsigned line, column;
};

struct api {
    struct sv title, version, spec_version; // spec_version "3.0.3", "2.0"
    struct sv spec_name;                    // file or URL
    struct operation **operations;          // pointers stay valid while the api grows
    size_t operation_count, operation_cap;
    struct security_scheme *schemes;
    size_t scheme_count;
    struct sv *servers; // as written; never widen the scope
    size_t server_count;
};

#endif
