#pragma once
/// The scanners of one file. Each adds what it finds; none throws, none keeps state between files.

#include "check/engine/collector.hpp"
#include "check/engine/matchers.hpp"

namespace dynascale::check {

/// A program's source, on its syntax tree. Parses only when a keyword occurs.
void scan_source(const FileContext& context, const Matchers& matchers, Collector& out);
/// A shell script: its commands and assignments, on its syntax tree.
void scan_shell(const FileContext& context, const Matchers& matchers, Collector& out);
/// A configuration file.
void scan_config(const FileContext& context, const Matchers& matchers, Collector& out);

}  // namespace dynascale::check
