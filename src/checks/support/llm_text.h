// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_LLM_TEXT_H
#define PLUMB_CHECKS_SUPPORT_LLM_TEXT_H

#include "base/arena.h"
#include "base/random.h"
#include "data/node.h"
#include "model/exchange.h"

// Texts for language models and what they answer. All tasks are harmless: reverse a random word, add two numbers.

// What a model said: the strings of a JSON answer, the pieces of an event stream joined, or the text itself. At most 64 KiB.
struct sv llm_answer(struct arena *a, const struct exchange *x);

// A task whose result is not in its text. The result is compared without regard to case, except where case is the task.
enum llm_task { LLM_REVERSE, LLM_JOIN, LLM_UPPER, LLM_SUM, LLM_TASK_COUNT };
struct llm_probe {
    struct sv task;   // asks for it, without a full stop
    struct sv other;  // asks for something else with the same words
    struct sv result;
};
// Random parts are new in each call; 40 bits and more. ptr NULL when out of memory.
struct llm_probe llm_task(struct arena *a, struct rng *rng, enum llm_task kind);
bool llm_obeyed(const struct llm_probe *p, enum llm_task kind, struct sv answer);

// Does a text read like instructions to a model? *ret_excerpt: from its first mark on, at most 300 bytes. `words`: data/wordlists/llm.yaml.
bool llm_reads_like_instructions(const struct node *words, struct sv text, struct sv *ret_excerpt);
// A stretch of at least `least` bytes that stands in both texts (white space as it is).
bool llm_share(struct sv x, struct sv y, size_t least);
// Names of tools in an answer that are on the list `dangerous`; how many, and the first.
unsigned llm_dangerous_tools(const struct node *words, struct sv answer, struct sv sent, struct sv *ret_first);

#endif
