// SPDX-License-Identifier: Apache-2.0
// Sources: Java Object Serialization Specification 6, Python pickle protocols 2 to 5 (pickletools), PHP serialize(), Ruby Marshal 4.8, [MS-NRBF].
#include "http/serialized.h"

#include "http/jwt.h"
#include "http/url.h"

enum { VALUE_MIN = 12, VALUE_MAX = 16384, SIGNATURE_MIN = 32 };

struct form {
    struct sv begin; // as it stands in the value
    enum serialized kind;
};
static const struct form forms[] = {
    {SV_INIT("rO0AB"), SERIALIZED_JAVA},  {SV_INIT("AAEAAAD/////"), SERIALIZED_DOTNET}, {SV_INIT("gAJ"), SERIALIZED_PICKLE}, {SV_INIT("gAN"), SERIALIZED_PICKLE},
    {SV_INIT("gASV"), SERIALIZED_PICKLE}, {SV_INIT("gAWV"), SERIALIZED_PICKLE},         {SV_INIT("BAh"), SERIALIZED_RUBY},   {SV_INIT("BAhb"), SERIALIZED_RUBY},
    {SV_INIT("BAlv"), SERIALIZED_RUBY},   {SV_INIT("BAlJ"), SERIALIZED_RUBY},
};

// O:4:"User":1:{ or a:2:{
static bool is_php(struct sv text) {
    if (text.len < 8 || (text.ptr[0] != 'O' && text.ptr[0] != 'a') || text.ptr[1] != ':') return false;
    size_t colon = sv_find_char(sv_from_index(text, 2), ':');
    if (colon == SIZE_MAX || colon > 5 || !sv_is_digits(sv_slice(text, 2, 2 + colon))) return false;
    char next = text.ptr[2 + colon + 1 < text.len ? 2 + colon + 1 : 0];
    return (text.ptr[0] == 'O' ? next == '"' : next == '{') && sv_ends_with(text, SV("}"));
}

// "<object>--<hexadecimal digits>", "<object>.<signature>".
static bool is_signed(struct sv text) {
    size_t at = sv_find(text, SV("--"));
    return (at != SIZE_MAX && text.len - at - 2 >= SIGNATURE_MIN) || sv_find_char(text, '.') != SIZE_MAX;
}

enum serialized serialized_kind(struct arena *a, struct sv value, bool *ret_plain) {
    struct sv text = url_decode(a, sv_trim(value), false);
    *ret_plain = false;
    if (text.len < VALUE_MIN || text.len > VALUE_MAX) return SERIALIZED_NONE;
    if (is_php(text)) {
        *ret_plain = true;
        return SERIALIZED_PHP;
    }
    if (is_signed(text)) return SERIALIZED_NONE;
    if (sv_starts_with(text, SV("aced0005")) && sv_is_hex(text)) return SERIALIZED_JAVA;
    struct sv bytes = base64_decode(a, text);
    if (bytes.len < 8) return SERIALIZED_NONE;
    if (is_php(bytes)) return SERIALIZED_PHP;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (!sv_starts_with(text, forms[i].begin)) continue;
        bool whole = forms[i].kind != SERIALIZED_PICKLE || bytes.ptr[bytes.len - 1] == '.';
        return whole ? forms[i].kind : SERIALIZED_NONE;
    }
    return SERIALIZED_NONE;
}

static const struct {
    const char *language;
    struct sv id;
} names[SERIALIZED_COUNT] = {
    [SERIALIZED_NONE] = {"", SV_INIT("")},
    [SERIALIZED_JAVA] = {"Java", SV_INIT("serialized_java")},
    [SERIALIZED_PICKLE] = {"Python (pickle)", SV_INIT("serialized_pickle")},
    [SERIALIZED_RUBY] = {"Ruby (Marshal)", SV_INIT("serialized_ruby")},
    [SERIALIZED_PHP] = {"PHP", SV_INIT("serialized_php")},
    [SERIALIZED_DOTNET] = {".NET (BinaryFormatter)", SV_INIT("serialized_dotnet")},
};
#define PLAIN_PHP SV("serialized_php_plain")

const char *serialized_language(enum serialized kind) {
    return names[kind].language;
}

struct sv serialized_class(enum serialized kind, bool plain) {
    if (kind == SERIALIZED_NONE) return SV_NONE;
    return plain ? PLAIN_PHP : names[kind].id;
}

enum serialized serialized_of_placeholder(struct sv value, bool *ret_plain) {
    struct sv text = sv_trim(value), id = SV_NONE;
    *ret_plain = false;
    if (!sv_starts_with(text, SV("{{serialized_")) || !sv_split(&text, ':', &id)) return SERIALIZED_NONE;
    id = sv_from_index(id, 2);
    *ret_plain = sv_eq(id, PLAIN_PHP);
    if (*ret_plain) return SERIALIZED_PHP;
    for (unsigned k = SERIALIZED_NONE + 1; k < SERIALIZED_COUNT; k++) {
        if (sv_eq(id, names[k].id)) return (enum serialized)k;
    }
    return SERIALIZED_NONE;
}

// -- objects of ours -------------------------------------------------------------------------------------------------------------------

// An object without fields whose class descriptor names the class; its version number is nought.
static struct sv java(struct arena *a, struct sv name) {
    auto_buf b = BUF_INIT(1024);
    bool text = name.len == 0;
    struct sv word = text ? SV("hello") : name;
    buf_add(&b, sv_make("\xac\xed\x00\x05", 4));
    buf_add(&b, text ? sv_make("t", 1) : sv_make("sr", 2));
    buf_add_char(&b, '\0');
    buf_add_char(&b, (char)word.len);
    buf_add(&b, word);
    if (!text) buf_add(&b, sv_make("\0\0\0\0\0\0\0\0\x02\0\0xp", 13));
    return arena_copy_sv(a, buf_sv(&b));
}

// The opcode that looks up a name in a module, and nothing that calls it.
static struct sv pickle(struct arena *a, struct sv name) {
    auto_buf b = BUF_INIT(1024);
    buf_add(&b, sv_make("\x80\x03", 2));
    if (name.len == 0) buf_add(&b, sv_make("X\x05\0\0\0hello", 10));
    else buf_addf(&b, "c" SV_FMT "\nthing\n", SV_ARG(name));
    buf_add_char(&b, '.');
    return arena_copy_sv(a, buf_sv(&b));
}

// Names of classes begin with a capital letter there; lengths below 123 are one byte, five more than they say.
static struct sv ruby(struct arena *a, struct sv name) {
    auto_buf b = BUF_INIT(1024);
    buf_add(&b, sv_make("\x04\x08", 2));
    if (name.len == 0) {
        buf_add(&b, sv_make("I\"\x0ahello\x06:\x06"
                            "ET",
                            13));
    } else {
        buf_add(&b, sv_make("o:", 2));
        buf_add_char(&b, (char)(name.len + 6));
        buf_addf(&b, "Z" SV_FMT, SV_ARG(name));
        buf_add_char(&b, '\0');
    }
    return arena_copy_sv(a, buf_sv(&b));
}

static struct sv php(struct arena *a, struct sv name) {
    return name.len == 0 ? arena_copy_sv(a, SV("O:8:\"stdClass\":0:{}")) : arena_printf(a, "O:%zu:\"" SV_FMT "\":0:{}", name.len, SV_ARG(name));
}

struct sv serialized_write(struct arena *a, enum serialized kind, bool plain, struct sv name) {
    struct sv bytes = SV_NONE;
    if (name.len > 100) return SV_NONE;
    switch (kind) {
    case SERIALIZED_JAVA: bytes = java(a, name); break;
    case SERIALIZED_PICKLE: bytes = pickle(a, name); break;
    case SERIALIZED_RUBY: bytes = ruby(a, name); break;
    case SERIALIZED_PHP: bytes = php(a, name); break;
    case SERIALIZED_NONE:
    case SERIALIZED_DOTNET:
    case SERIALIZED_COUNT: return SV_NONE;
    }
    return plain || bytes.ptr == NULL ? bytes : base64_encode(a, bytes, false, true);
}
