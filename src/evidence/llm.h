// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_LLM_H
#define PLUMB_EVIDENCE_LLM_H

#include <stdbool.h>

#include "data/node.h"
#include "model/api.h"

// Is an operation, by its description, a language model: who writes to it is answered by a machine, and nothing is kept? `words`: data/wordlists/llm.yaml,
// NULL: never. *ret_text (may be NULL): index of the parameter that carries the text.
bool operation_is_llm(const struct node *words, const struct operation *op, size_t *ret_text);
// Is the last part of a parameter's name on the list, written together and in lower case ("options.max_tokens" -> "maxtokens")?
bool operation_parameter_is(const struct node *list, struct sv name);

#endif
