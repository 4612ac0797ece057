// SPDX-License-Identifier: Apache-2.0
// The lab's evaluator: what conditions select, and in which words bad ones are refused.
#include "lab/dynamo.h"
#include "test.h"

static uint32_t select_rows(enum dynamo_dialect dialect, struct sv condition, struct dynamo_fault *fault) {
    const struct lab_table *t;
    uint32_t rows;
    const struct dynamo_query q = {.table = SV("workshop-parts"), .condition = condition, .dialect = dialect, .value = SV("Vela")};
    return dynamo_select(&q, &t, &rows, fault) ? rows : 0;
}

struct sample {
    enum dynamo_dialect dialect;
    struct sv condition;
    uint32_t rows; // bit 0 is the part with id 1
};

static void test_conditions(void **state) {
    (void)state;
    static const struct sample samples[] = {
        {DYNAMO_EXPRESSION, SV_INIT("maker = :v"), 0x05},
        {DYNAMO_EXPRESSION, SV_INIT("maker <> :v"), 0xfa},
        {DYNAMO_EXPRESSION, SV_INIT("NOT maker = :v"), 0xfa},
        {DYNAMO_EXPRESSION, SV_INIT("attribute_exists(warranty)"), 0x57},
        {DYNAMO_EXPRESSION, SV_INIT("attribute_not_exists(warranty)"), 0xa8},
        {DYNAMO_EXPRESSION, SV_INIT("attribute_not_exists(zz) AND maker = :v"), 0x05},
        {DYNAMO_EXPRESSION, SV_INIT("attribute_exists(zz) AND maker = :v"), 0},
        {DYNAMO_EXPRESSION, SV_INIT("attribute_exists(zz) OR maker = :v"), 0x05},
        {DYNAMO_EXPRESSION, SV_INIT("attribute_exists(id) OR maker = :v AND attribute_exists(zz)"), 0xff},
        {DYNAMO_EXPRESSION, SV_INIT("(attribute_exists(id) OR maker = :v) AND attribute_exists(zz)"), 0},
        {DYNAMO_EXPRESSION, SV_INIT("contains(maker, :v) and begins_with(maker, :v)"), 0x05},
        {DYNAMO_EXPRESSION, SV_INIT("price = :v"), 0}, // a number is no text
        {DYNAMO_PARTIQL, SV_INIT("maker = 'Vela'"), 0x05},
        {DYNAMO_PARTIQL, SV_INIT("\"maker\" = 'Vela' AND zz IS MISSING AND 'q'='q'"), 0x05},
        {DYNAMO_PARTIQL, SV_INIT("maker = 'Vela' AND 'q'='r'"), 0},
        {DYNAMO_PARTIQL, SV_INIT("maker = 'Ve''la'"), 0},
        {DYNAMO_PARTIQL, SV_INIT("price BETWEEN 27 AND 39"), 0x86},
        {DYNAMO_PARTIQL, SV_INIT("price > 70 OR stock >= 300"), 0x68},
        {DYNAMO_PARTIQL, SV_INIT("warranty IS NOT MISSING"), 0x57},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct dynamo_fault fault = {0};
        uint32_t rows = select_rows(samples[i].dialect, samples[i].condition, &fault);
        if (fault.type != NULL || rows != samples[i].rows)
            fail_msg("%s: %s, rows %x, not %x", samples[i].condition.ptr, fault.text, rows, samples[i].rows);
    }
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        enum dynamo_dialect dialect;
        struct sv condition;
        const char *text;
    } samples[] = {
        {DYNAMO_EXPRESSION, SV_INIT("maker' = :v"), "Invalid FilterExpression: Syntax error; token: \"'\""},
        {DYNAMO_EXPRESSION, SV_INIT("maker = :v AND"), "Invalid FilterExpression: Syntax error; token: \"<EOF>\""},
        {DYNAMO_EXPRESSION, SV_INIT("#zz = :v"), "attribute name used in the document path is not defined; attribute name: #zz"},
        {DYNAMO_EXPRESSION, SV_INIT("maker = :w"), "attribute value used in expression is not defined; attribute value: :w"},
        {DYNAMO_EXPRESSION, SV_INIT("attribute_exists(zz"), "Syntax error"},
        {DYNAMO_EXPRESSION, SV_INIT("maker"), "Syntax error"},
        {DYNAMO_PARTIQL, SV_INIT("maker = 'Vela'' "), "Statement wasn't well formed, can't be processed"},
        {DYNAMO_PARTIQL, SV_INIT("maker = 'Vela' zz"), "Statement wasn't well formed, can't be processed"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct dynamo_fault fault = {0};
        assert_int_equal(select_rows(samples[i].dialect, samples[i].condition, &fault), 0);
        if (fault.type == NULL || strstr(fault.text, samples[i].text) == NULL) fail_msg("%s: %s", samples[i].condition.ptr, fault.text);
    }
}

static void test_depth_is_bounded(void **state) {
    (void)state;
    char deep[3000];
    memset(deep, '(', sizeof deep);
    struct dynamo_fault fault = {0};
    assert_int_equal(select_rows(DYNAMO_EXPRESSION, sv_make(deep, sizeof deep), &fault), 0);
    assert_non_null(fault.type);
}

static void test_table_names(void **state) {
    (void)state;
    static const struct {
        struct sv name;
        const char *text;
    } samples[] = {
        {SV_INIT("workshop-zz"), "Requested resource not found"},
        {SV_INIT("a b!"), "Value 'a b!' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern"},
        {SV_INIT(""), "Member must have length greater than or equal to 1"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct lab_table *t;
        uint32_t rows;
        struct dynamo_fault fault;
        assert_false(dynamo_select(&(struct dynamo_query){.table = samples[i].name}, &t, &rows, &fault));
        assert_non_null(strstr(fault.text, samples[i].text));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_table_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
