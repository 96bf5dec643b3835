#include "check/syntax/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "check/syntax/kinds.hpp"
#include "check/syntax/scope.hpp"
#include "check/syntax/use.hpp"
#include "check/syntax/words.hpp"
#include "check/text/lines.hpp"
#include "check/text/size.hpp"

namespace dynascale::check {
namespace {

using Because = std::optional<std::string>;

constexpr std::size_t followed_uses = 48;

bool loop_starts_workers(const Syntax& tree, TSNode loop) {
  const auto text = lower(tree.text_of(loop).substr(0, 4000));
  for (const auto* word : {"thread", "fork", "spawn", "worker", "go func", "process", "\tgo ", " go "}) {
    if (text.find(word) != std::string::npos) return true;
  }
  return false;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

/// Where the function uses that variable, the declaration left out.
std::vector<Chain> uses_of(const Syntax& tree, const Chain& chain, const Scope& scope, const Sink& sink) {
  std::vector<Chain> uses;
  auto name = std::string_view{sink.name};
  name = name.substr(0, name.find_first_of(" :,)"));
  if (name.size() < 2) return uses;
  const auto function = chain[scope.depth];
  const auto begin = ts_node_start_byte(function);
  const auto text = tree.text_of(function);
  for (auto at = text.find(name); at != std::string_view::npos && uses.size() < followed_uses;
       at = text.find(name, at + name.size())) {
    const auto end = at + name.size();
    if ((at > 0 && is_word(text[at - 1])) || (end < text.size() && is_word(text[end]))) continue;
    auto use = tree.chain_at(begin + at);
    if (contains(chain[sink.depth], use.back()) || !is_name_in_use(tree, use)) continue;
    uses.push_back(std::move(use));
  }
  return uses;
}

Because judge_sink(const Syntax& tree, const Chain& chain, const Scope& scope, const Sink& sink);

/// A local variable: what matters is what becomes of it.
Because judge_local(const Syntax& tree, const Chain& chain, const Scope& scope, const Sink& sink) {
  const auto uses = uses_of(tree, chain, scope, sink);
  bool only_reported = !uses.empty();
  for (const auto& use : uses) {
    const auto taken = sink_of(tree, use, use.size() - 1);
    only_reported = only_reported && taken.kind == SinkKind::reported;
    if (taken.kind == SinkKind::stored && taken.storage == Storage::local) continue;
    if (is_startup(scope)) continue;
    if (auto because = judge_sink(tree, use, scope, taken)) return because;
  }
  if (!is_startup(scope) || only_reported) return std::nullopt;
  return fmt::format("read once into '{}' when the program starts", sink.name);
}

/// A function that answers with the value, called in the same file by what keeps it: `LIMIT =
/// memory_limit()`.
Because kept_by_caller(const Syntax& tree, std::string_view function) {
  function = function.substr(0, function.find_first_of("(< "));
  function = last_component(function);
  if (function.size() < 3) return std::nullopt;
  const auto text = tree.text();
  std::size_t seen = 0;
  for (auto at = text.find(function); at != std::string_view::npos && seen < followed_uses;
       at = text.find(function, at + 1), ++seen) {
    const auto after = at + function.size() < text.size() ? text[at + function.size()] : '\0';
    // `Lazy::new(count)` hands the function over.
    const bool handed = at > 0 && text[at - 1] == '(' && after == ')';
    if ((at > 0 && is_word(text[at - 1])) || (after != '(' && !handed)) continue;
    const auto call = tree.chain_at(at);
    const auto from = handed ? call.size() - 1 : question_depth(tree, call, false);
    if (!is_name_in_use(tree, call) || !(handed || is_call_of_leaf(tree, call, from))) continue;
    const auto scope = scope_of(tree, call);
    const auto taken = sink_of(tree, call, from);
    const bool lazy = handed && taken.kind == SinkKind::argument && scope.kind == ScopeKind::module;
    const bool kept = lazy || (taken.kind == SinkKind::stored && taken.storage != Storage::local);
    if (kept && is_startup(scope) && !scope.repeats)
      return fmt::format("kept in '{}' by who calls '{}'", taken.name, function);
  }
  return std::nullopt;
}

Because judge_sink(const Syntax& tree, const Chain& chain, const Scope& scope, const Sink& sink) {
  const auto function = last_component(scope.function);
  const bool startup = is_startup(scope);
  switch (sink.kind) {
    case SinkKind::reported:
    case SinkKind::statement:
    case SinkKind::condition:
      return std::nullopt;
    case SinkKind::stored:
      if (!startup && says_information(function)) return std::nullopt;
      if (sink.storage != Storage::local) return fmt::format("kept in '{}'", sink.name);
      return judge_local(tree, chain, scope, sink);
    case SinkKind::keyed:
      if (lower(sink.name).find("maxprocs") != std::string::npos) return std::nullopt;
      if (says_query(sink.name) || says_information(function)) return std::nullopt;
      if (startup || says_pool(sink.name)) return fmt::format("kept in '{}'", sink.name);
      return std::nullopt;
    case SinkKind::returned: {
      const auto name = last_component(sink.name);
      if (auto kept = kept_by_caller(tree, sink.name)) return kept;
      if (says_query(name) && !says_pool(name)) return std::nullopt;
      const auto words = words_of(name);
      const bool hardware = std::find(words.begin(), words.end(), "hardware") != words.end() ||
                            std::find(words.begin(), words.end(), "available") != words.end() ||
                            std::find(words.begin(), words.end(), "physical") != words.end();
      if (hardware) return std::nullopt;
      if (says_pool(name)) return fmt::format("the answer of '{}', which sizes workers", name);
      return std::nullopt;
    }
    case SinkKind::argument:
      if (sink.name == "make") return std::nullopt;  // Go: the length of a buffer.
      if (sink.sizing) return fmt::format("handed to '{}' as the size of a pool", sink.name);
      if (startup && !says_information(last_component(sink.name)))
        return fmt::format("given to '{}' when the program starts", sink.name);
      if (says_pool(last_component(sink.name)) && !says_handler(function))
        return fmt::format("sizes '{}' once", sink.name);
      return std::nullopt;
    case SinkKind::loop:
      if (startup || loop_starts_workers(tree, chain[sink.depth])) return "bounds a loop that starts workers";
      return std::nullopt;
  }
  return std::nullopt;
}

Because judge_kept(const Syntax& tree, const Chain& chain, std::size_t from) {
  const auto scope = scope_of(tree, chain);
  if (scope.repeats || scope.kind == ScopeKind::refresh) return std::nullopt;
  if (const auto at = constructed_variable(tree, chain); at != 0) {
    const auto declared = tree.text_of(chain[at]);
    const auto variable = declared.substr(0, declared.find('('));
    if (!is_startup(scope) && !says_pool(variable)) return std::nullopt;
    return fmt::format("sizes '{}' once", variable);
  }
  return judge_sink(tree, chain, scope, sink_of(tree, chain, from));
}

Because judge_frozen(const Syntax& tree, const Chain& chain, const SourceMatch& match, std::size_t from) {
  if (constructed_variable(tree, chain) != 0) return "frozen by the runtime when the program starts";
  const auto sink = sink_of(tree, chain, from);
  const bool wrapper = !match.inside.empty() && sink.kind == SinkKind::returned;
  if (wrapper) return std::nullopt;
  if (sink.kind == SinkKind::reported || sink.kind == SinkKind::statement || sink.kind == SinkKind::condition)
    return std::nullopt;
  if (sink.kind == SinkKind::keyed && (says_query(sink.name) || says_information(sink.name)))
    return std::nullopt;
  if (sink.kind == SinkKind::argument && last_component(sink.name) == "GOMAXPROCS") return std::nullopt;
  const auto scope = scope_of(tree, chain);
  if (says_information(last_component(scope.function)) && !is_startup(scope)) return std::nullopt;
  if (sink.kind == SinkKind::stored && sink.storage == Storage::local) {
    const auto uses = uses_of(tree, chain, scope, sink);
    const bool reported = !uses.empty() && std::all_of(uses.begin(), uses.end(), [&](const Chain& use) {
      const auto kind = sink_of(tree, use, use.size() - 1).kind;
      return kind == SinkKind::reported || kind == SinkKind::condition;
    });
    if (reported) return std::nullopt;
  }
  return match.inside.empty() ? "frozen by the runtime when the program starts" : "what sizes are taken from";
}

/// C++: `asio::thread_pool pool;`
bool is_type_of_variable(const Chain& chain) {
  for (std::size_t i = chain.size() - 1; i-- > 0;) {
    if (type_of(chain[i]) != "declaration") continue;
    const auto type = field_of(chain[i], "type");
    const auto name = field_of(chain[i], "declarator");
    return !ts_node_is_null(type) && !ts_node_is_null(name) && contains(type, chain.back()) &&
           type_of(name) == "identifier";
  }
  return false;
}

Because judge_call(const Syntax& tree, const Chain& chain, const SourceMatch& match, std::size_t from) {
  const auto call = chain[from];
  if (match.use == Use::empty && is_type_of_variable(chain)) return "sized by the runtime when it is made";
  if (!is_call_of_leaf(tree, chain, from)) return std::nullopt;
  auto arguments = trim(arguments_of(tree, call));
  if (!arguments.empty() && arguments.front() == '(')
    arguments = trim(arguments.substr(1, arguments.size() - 2));
  if (match.use == Use::empty)
    return arguments.empty() ? Because{"sized by the runtime when it is made"} : std::nullopt;
  const auto number = parse_number(arguments);
  const bool asks = arguments.empty() || (number && *number == 0) || arguments.front() == '-';
  return asks ? std::nullopt : Because{"set explicitly"};
}

/// A function must be called, or handed to a macro that calls it; a variable that shares its name is
/// something else. A constant (MAP_LOCKED) counts wherever it is not being defined.
bool is_called_or_constant(const Syntax& tree, const Chain& chain, std::size_t from) {
  // Rust: `#[tokio::main]` is a call that the compiler writes.
  if (std::ranges::any_of(chain, [](TSNode node) { return type_of(node) == "attribute_item"; })) return true;
  const auto name = tree.text_of(chain.back());
  if (is_call_of_leaf(tree, chain, from) || tree.language() == Language::csharp) return true;
  const bool call_number = name.substr(0, 4) == "SYS_" || name.substr(0, 5) == "__NR_";
  const bool constant =
      call_number || std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  for (std::size_t i = chain.size() - 1; i-- > 0;) {
    const auto role = role_of_node(type_of(chain[i]));
    if (role == NodeRole::call) {
      const auto callee = callee_of(tree, chain[i]);
      return constant ||
             std::none_of(callee.begin(), callee.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    }
    // `case SHM_LOCK:`, `if (flags & MAP_LOCKED)`: asks whether, and does not.
    const auto condition = field_of(chain[i], type_of(chain[i]) == "case_statement" ? "value" : "condition");
    if (!ts_node_is_null(condition) && contains(condition, chain.back())) return false;
    if (role == NodeRole::assignment) return constant && !contains(field_of(chain[i], "name"), chain.back());
    if (role == NodeRole::block || role == NodeRole::statement) return constant;
  }
  return false;
}

Because judge(const Syntax& tree, const Chain& chain, const SourceMatch& match, std::size_t from) {
  switch (match.use) {
    case Use::kept:
      return judge_kept(tree, chain, from);
    case Use::frozen:
      return judge_frozen(tree, chain, match, from);
    case Use::assigned:
    case Use::derived:
      return judge_assigned(tree, chain, match);
    case Use::empty:
    case Use::sized:
      return judge_call(tree, chain, match, from);
    case Use::any:
      return match.in_string || is_called_or_constant(tree, chain, from) ? Because{""} : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<UseVerdict> judge_use(const Syntax& tree, const Chain& chain, const SourceMatch& match) {
  const auto from = question_depth(tree, chain, !match.inside.empty() || match.in_string);
  const bool backticks = std::any_of(chain.begin(), chain.end(), [](TSNode node) {
    return type_of(node) == "subshell" || type_of(node) == "shell_command_expression";
  });
  if (!match.inside.empty() && !backticks) {
    if (!is_call(type_of(chain[from]))) return std::nullopt;
    const auto callee = callee_of(tree, chain[from]);
    const auto last = last_component(callee);
    if (std::find(match.inside.begin(), match.inside.end(), last) == match.inside.end()) return std::nullopt;
  }
  if (match.arguments) {
    const auto arguments = std::string{arguments_of(tree, chain[from]).substr(0, 400)};
    if (!match.arguments->occurs_in(arguments)) return std::nullopt;
  }
  const bool asks = match.use == Use::kept || match.use == Use::frozen;
  const bool named = match.inside.empty() && !match.in_string && !match.field;
  if (asks && named && !is_asked(tree, chain, from)) return std::nullopt;
  auto because = judge(tree, chain, match, from);
  if (!because) return std::nullopt;
  return UseVerdict{std::move(*because), match.use == Use::kept && ends_with_function(tree, chain)};
}

}  // namespace dynascale::check
