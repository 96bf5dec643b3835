#pragma once
/// When the code around a place runs: while the program starts, or again and again.

#include <string>

#include "check/syntax/tree.hpp"

namespace dynascale::check {

enum class ScopeKind : std::uint8_t { module, startup, refresh, other };

struct Scope {
  ScopeKind kind = ScopeKind::module;
  std::string function;   ///< Innermost named function; empty at module level.
  std::size_t depth = 0;  ///< Its index in the chain; 0 at module level.
  bool repeats = false;   ///< Inside an endless loop or a timer of that function.
};

/// Runs once: at module level, or in a function that starts things.
[[nodiscard]] inline bool is_startup(const Scope& scope) {
  return scope.kind == ScopeKind::module || scope.kind == ScopeKind::startup;
}

[[nodiscard]] Scope scope_of(const Syntax& tree, const Chain& chain);

/// A test that stands beside the code that it tests: Rust's `#[cfg(test)] mod tests`, `#[test]`, `#[bench]`.
[[nodiscard]] bool is_inline_test(const Syntax& tree, const Chain& chain);

/// The name that a function-like node declares, without its qualifiers' arguments; empty for lambdas.
[[nodiscard]] std::string declared_name(const Syntax& tree, TSNode function);

}  // namespace dynascale::check
