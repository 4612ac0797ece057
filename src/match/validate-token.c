// SPDX-License-Identifier: Apache-2.0
#include "match/validate.h"

#include <stdint.h>

static int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

// Decodes as much as fits; both alphabets. SIZE_MAX when a character is in neither.
static size_t base64_prefix(struct sv text, char *ret, size_t size) {
    size_t len = 0;
    unsigned bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < text.len && text.ptr[i] != '=' && len < size; i++) {
        int digit = base64_digit(text.ptr[i]);
        if (digit < 0)
            return SIZE_MAX;
        bits = (bits << 6 | (unsigned)digit) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            ret[len++] = (char)(unsigned char)(bits >> held & 0xff);
        }
    }
    return len;
}

bool validate_jwt(struct sv value) {
    struct sv rest = value;
    struct sv header = SV_NONE;
    struct sv payload = SV_NONE;
    if (!sv_split(&rest, '.', &header) || !sv_split(&rest, '.', &payload) || rest.ptr == NULL)
        return false;
    char json[512];
    size_t len = base64_prefix(header, json, sizeof json);
    if (len == SIZE_MAX || len < 10 || json[0] != '{' || !sv_contains(sv_make(json, len), SV("\"alg\"")))
        return false;
    len = base64_prefix(payload, json, sizeof json);
    return len != SIZE_MAX && len >= 2 && json[0] == '{' && json[1] != '{';
}

static uint32_t crc32_of(struct sv text) {
    uint32_t crc = 0xffffffffU;
    for (size_t i = 0; i < text.len; i++) {
        crc ^= (unsigned char)text.ptr[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320U : 0);
    }
    return ~crc;
}

static int base62_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'z' ? c - 'a' + 36 : -1;
}

bool validate_crc32_base62(struct sv value) {
    size_t underscore = sv_find_char(value, '_');
    if (underscore == SIZE_MAX || value.len < underscore + 8)
        return false;
    uint64_t sum = 0;
    for (size_t i = value.len - 6; i < value.len; i++) {
        int digit = base62_digit(value.ptr[i]);
        if (digit < 0)
            return false;
        sum = sum * 62 + (uint64_t)digit;
    }
    return sum == crc32_of(sv_slice(value, underscore + 1, value.len - 6));
}

static bool is_printable(char c) {
    return c >= 0x20 && c < 0x7f;
}

bool validate_basic_credentials(struct sv value) {
    char text[256];
    size_t len = base64_prefix(value, text, sizeof text);
    if (len == SIZE_MAX || len < 4)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_printable(text[i]))
            return false;
    size_t colon = sv_find_char(sv_make(text, len), ':');
    return colon != SIZE_MAX && colon > 0 && colon + 1 < len;
}

static bool is_one_character(struct sv value) {
    for (size_t i = 1; i < value.len; i++)
        if (value.ptr[i] != value.ptr[0])
            return false;
    return true;
}

static bool is_in_brackets(struct sv value) {
    static const char *const pairs = "<>{}[]%%()";
    char first = value.ptr[0];
    char last = value.ptr[value.len - 1];
    for (size_t i = 0; pairs[i] != '\0'; i += 2)
        if (first == pairs[i] && last == pairs[i + 1])
            return true;
    return first == '$' || sv_contains(value, SV("${")) || sv_contains(value, SV("{{"));
}

bool validate_not_placeholder(struct sv value) {
    // Whole values that stand where a secret would.
    static const struct sv whole[] = {
        SV_INIT("null"),     SV_INIT("none"),     SV_INIT("undefined"), SV_INIT("true"),     SV_INIT("false"),
        SV_INIT("string"),   SV_INIT("password"), SV_INIT("secret"),    SV_INIT("token"),    SV_INIT("redacted"),
        SV_INIT("optional"), SV_INIT("required"), SV_INIT("invalid"),   SV_INIT("missing"),  SV_INIT("hidden"),
        SV_INIT("bearer"),   SV_INIT("basic"),    SV_INIT("integer"),   SV_INIT("changeit"), SV_INIT("filtered"),
        SV_INIT("expired"),  SV_INIT("unknown"),  SV_INIT("disabled"),  SV_INIT("enabled"),  SV_INIT("passwd"),
    };
    // Parts that nobody has in a real one.
    static const struct sv parts[] = {
        SV_INIT("changeme"), SV_INIT("change_me"), SV_INIT("change-me"), SV_INIT("example"), SV_INIT("placeholder"),
        SV_INIT("your_"),    SV_INIT("your-"),     SV_INIT("yourpass"),  SV_INIT("****"),    SV_INIT("xxxx"),
        SV_INIT("...."),     SV_INIT("redacted"),  SV_INIT("dummy"),     SV_INIT("insert_"), SV_INIT("\xe2\x80\xa2"),
    };
    if (value.len < 4 || is_one_character(value) || is_in_brackets(value))
        return false;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (sv_eq_nocase(value, whole[i]))
            return false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (sv_contains_nocase(value, parts[i]))
            return false;
    return true;
}

bool validate_url_password(struct sv value) {
    return validate_not_placeholder(value) && !sv_eq_nocase(value, SV("pass")) && !sv_eq_nocase(value, SV("pwd"));
}

// People's passwords have a digit, a sign, or capitals inside; words of messages and schemas have not.
bool validate_password_like(struct sv value) {
    bool extra = false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        bool lower = c >= 'a' && c <= 'z';
        bool upper = c >= 'A' && c <= 'Z';
        bool joint = c == '_' || c == '-' || c == '.' || c == '/' || c == ':';
        extra = extra || (!lower && !upper && !joint) ||
                (upper && i > 0 && sv_lower_char(value.ptr[i - 1]) == value.ptr[i - 1]);
    }
    return extra && validate_not_placeholder(value);
}

static bool is_uuid(struct sv value) {
    if (value.len != 36)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (value.ptr[i] == '-') || (!dash && !sv_is_hex(sv_slice(value, i, i + 1))))
            return false;
    }
    return true;
}

bool validate_mixed(struct sv value) {
    bool letters = false;
    bool digits = false;
    for (size_t i = 0; i < value.len; i++) {
        char c = sv_lower_char(value.ptr[i]);
        letters = letters || (c >= 'a' && c <= 'z');
        digits = digits || (c >= '0' && c <= '9');
    }
    return letters && digits && !is_uuid(value) && validate_not_placeholder(value);
}

static bool label_is_valid(struct sv label) {
    return label.len > 0 && label.len <= 63 && label.ptr[0] != '-' && label.ptr[label.len - 1] != '-';
}

bool validate_email(struct sv value) {
    size_t at = sv_find_char(value, '@');
    if (at == SIZE_MAX || at == 0 || at > 64 || value.len > 254)
        return false;
    struct sv local = sv_slice(value, 0, at);
    struct sv domain = sv_from_index(value, at + 1);
    if (local.ptr[0] == '.' || local.ptr[at - 1] == '.' || sv_contains(value, SV("..")))
        return false;
    // Names of files for dense screens ("logo@2x.png") look like addresses.
    static const struct sv endings[] = {SV_INIT(".png"), SV_INIT(".jpg"),  SV_INIT(".jpeg"), SV_INIT(".gif"),
                                        SV_INIT(".svg"), SV_INIT(".webp"), SV_INIT(".js"),   SV_INIT(".css")};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (sv_ends_with_nocase(domain, endings[i]))
            return false;
    struct sv label = SV_NONE;
    for (struct sv rest = domain; sv_split(&rest, '.', &label);)
        if (!label_is_valid(label))
            return false;
    return label.len >= 2 && label.len < domain.len && !sv_is_digits(sv_slice(label, 0, 1));
}
