// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_REPORT_TEXT_H
#define PLUMB_REPORT_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/sv.h"
#include "model/result.h"

// Text in columns for people. All of these escape hostile bytes for a terminal; newlines become spaces.

// Columns that `safe` (already escaped) takes: one per character, two for East Asian wide ones.
size_t text_columns(struct sv safe);
// Appends `text` cut to at most `columns`, the last one an ellipsis when something was cut; returns the columns written.
size_t text_fit(struct buf *b, struct sv text, size_t columns);
// Appends `text` broken at blanks into lines of at most `width` columns; lines after the first start with `indent` blanks. The first line
// is taken to start at column `indent` already. At most `max_lines` (0: all), then an ellipsis. Ends with a newline.
void text_wrap(struct buf *b, struct sv text, size_t indent, size_t width, size_t max_lines);

// "GET /items/{id}", "whole host"
void text_place(struct buf *b, struct sv method, struct sv path);
// ", query table" or nothing
void text_parameter(struct buf *b, struct sv name, enum param_in in);

enum text_colour { COLOUR_NONE, COLOUR_BOLD, COLOUR_DIM, COLOUR_RED, COLOUR_YELLOW, COLOUR_CYAN, COLOUR_GREEN };
void text_colour(struct buf *b, bool use, enum text_colour colour);
enum text_colour text_severity_colour(enum severity severity);

extern const char *const text_severities[SEVERITY_COUNT]; // "INFO" … "CRITICAL"

#endif
