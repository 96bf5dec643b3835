#pragma once
/// A readiness rule as its file in check/rules states it: what it means, and what it matches.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "check/catalog/pattern.hpp"
#include "check/model/finding.hpp"
#include "check/model/language.hpp"

namespace dynascale::check {

/// Which uses of a value count.
enum class Use : std::uint8_t {
  kept,      ///< Stored or used for sizing when the program starts (the scope decides).
  any,       ///< Every call: the call itself is what matters.
  frozen,    ///< Every use but mere reporting: the runtime never asks again.
  assigned,  ///< The name is given a literal number in start-up scope.
  derived,   ///< The name is given a share of a memory size in start-up scope.
  empty,     ///< Called without arguments.
  sized,     ///< Called with a positive literal or another expression (not 0).
};

/// Names in source code, judged on the syntax tree.
struct SourceMatch {
  std::vector<Language> languages;
  std::vector<std::string> names;  ///< Last component is the keyword; earlier ones must precede it.
  Use use = Use::kept;
  bool in_string = false;             ///< The name stands inside a string literal (a path, say).
  std::vector<std::string> inside;    ///< If given, must be an argument of one of these calls.
  bool field = false;                 ///< The name is a field to read, not a function to call.
  std::optional<Pattern> value;       ///< With `assigned`: what the assigned expression must match.
  std::optional<Pattern> arguments;   ///< If given, the call's arguments must match.
  std::optional<Pattern> receiver;    ///< If given, what is written before the name must match.
  std::optional<Pattern> text;        ///< With `in_string`: the whole literal, quotes included, must match.
  std::vector<std::string> file;      ///< If given, the file must contain one of these.
  std::vector<std::string> not_file;  ///< The file must contain none of these.
  std::optional<Pattern> path;        ///< If given, the file's path must match.
  std::optional<Level> level;
  std::string component;
};

/// What a setting's value must be.
enum class ValueTest : std::uint8_t { any, number, size, on, off, nonzero, matches };

/// A key in a configuration file.
struct SettingMatch {
  std::vector<ConfigKind> files;  ///< Empty: every kind.
  std::vector<std::string> keys;  ///< Lower case; `*` matches any run of characters.
  ValueTest test = ValueTest::any;
  std::optional<Pattern> value;
  std::optional<Pattern> section;
  std::optional<Pattern> path;
  std::optional<Level> level;
  std::optional<Adaptation> grow, shrink;
  bool computed = false;  ///< Also for a template's expression, which says nothing about the value itself.
  std::string component;
};

/// Words of a command line, wherever one hides (scripts, units, images, environment).
struct CommandMatch {
  std::vector<std::string> programs;  ///< Base names; empty: any.
  std::optional<Pattern> words;       ///< Searched in the command, its words joined by one space.
  std::vector<std::string> keywords;  ///< One of them must occur: the cheap test before `words`.
  std::optional<Level> level;
  std::optional<Adaptation> grow, shrink;
  std::string component;
};

struct Rule {
  std::string id, slug, title, why, fix, example;
  std::uint8_t question = 0;  ///< 1-6; 0 for the tool's own.
  Level level = Level::warning;
  std::string category = "advice";  ///< blocker, advice or look.
  std::string direction = "both";   ///< grow, shrink or both.
  Adaptation grow = Adaptation::unknown, shrink = Adaptation::unknown;
  double effort = 1;
  std::vector<std::string> tags;
  std::vector<SourceMatch> sources;
  std::vector<SettingMatch> settings;
  std::vector<CommandMatch> commands;
  std::vector<std::string>
      symbols;        ///< Imports of programs and libraries; `*` matches any run of characters.
  std::string check;  ///< Name of a check written in code, for what patterns cannot say.
  /// Its evidence is a running process or a machine, never a line of a scanned file.
  [[nodiscard]] bool is_live() const { return check.rfind("live-", 0) == 0 || check.rfind("guest-", 0) == 0; }
};

}  // namespace dynascale::check
