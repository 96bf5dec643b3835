#pragma once
/// Where a value goes: from the expression that asks, upward to what takes it.

#include <string>

#include "check/syntax/tree.hpp"

namespace dynascale::check {

enum class SinkKind : std::uint8_t {
  statement,  ///< The result is dropped.
  stored,     ///< Assigned, or the initial value of a variable, field, constant or parameter.
  keyed,      ///< A member of a literal: struct field, map entry, named option.
  returned,
  argument,  ///< Of a call that is neither arithmetic nor reporting.
  condition,
  loop,      ///< Bounds a loop.
  reported,  ///< Logged, printed, formatted, asserted.
};

enum class Storage : std::uint8_t { local, member, global };

struct Sink {
  SinkKind kind = SinkKind::statement;
  Storage storage = Storage::local;
  std::string name;       ///< Of the variable, key or callee.
  std::size_t depth = 0;  ///< Index of the taking node in the chain.
  bool sizing = false;    ///< An argument among words like "maximumPoolSize": it sizes, whoever is called.
};

/// The index in `chain` of the whole question: the call that has the leaf as its callee (or, with
/// `as_argument`, as an argument), its receiver chain included; the leaf's own index when it is no call.
[[nodiscard]] std::size_t question_depth(const Syntax& tree, const Chain& chain, bool as_argument);

/// Follows the value of chain[from] upward.
[[nodiscard]] Sink sink_of(const Syntax& tree, const Chain& chain, std::size_t from);

[[nodiscard]] bool is_ecmascript(Language language);
/// `"cpus: " + n`: a message.
[[nodiscard]] bool joins_text(const Syntax& tree, TSNode parent);
/// What only measures: load or free memory as a share of the whole, one element of a list of CPUs, and what psutil
/// tells besides the total.
[[nodiscard]] bool is_measure(const Syntax& tree, TSNode parent, TSNode node);
/// `stream << value` reports; `1 << value` computes.
[[nodiscard]] bool is_stream_output(const Syntax& tree, TSNode binary, TSNode node);

/// Where the assignment at chain[depth], to `name`, puts its value.
[[nodiscard]] Storage storage_of(const Syntax& tree, const Chain& chain, std::size_t depth,
                                 const std::string& name);

/// The name of the call at `node` as written, without arguments: "os.cpu_count", "runtime.GOMAXPROCS".
[[nodiscard]] std::string callee_of(const Syntax& tree, TSNode call);
/// The node of the call's arguments; null when it has none.
[[nodiscard]] TSNode find_arguments(TSNode call);
[[nodiscard]] bool in_arguments(TSNode call, TSNode node);
/// Whether chain[at] is a call of the very name at the chain's end, not of a member further on.
[[nodiscard]] bool is_call_of_leaf(const Syntax& tree, const Chain& chain, std::size_t at);
/// The text of the call's arguments, with their parentheses.
[[nodiscard]] std::string_view arguments_of(const Syntax& tree, TSNode call);
[[nodiscard]] bool is_call(std::string_view type);
/// Whether the leaf is a name in use: not in a comment, a string, a declaration, an import, a definition.
[[nodiscard]] bool is_name_in_use(const Syntax& tree, const Chain& chain);
/// A question must be asked: a variable or field that shares the function's name is something else. A reference to
/// the function (`unwrap_or_else(num_cpus::get)`) counts as asking.
[[nodiscard]] bool is_asked(const Syntax& tree, const Chain& chain, std::size_t question);
/// Python: `with Pool(n) as pool:`, or a pool that the same function shuts down.
[[nodiscard]] bool ends_with_function(const Syntax& tree, const Chain& chain);
/// C++: `Pool pool(ask());` in a function, which the grammar takes for the declaration of a function. The declaration's
/// index in the chain; 0 for anything else.
[[nodiscard]] std::size_t constructed_variable(const Syntax& tree, const Chain& chain);
[[nodiscard]] bool is_in_string(const Chain& chain);
[[nodiscard]] bool is_in_comment(const Chain& chain);

}  // namespace dynascale::check
