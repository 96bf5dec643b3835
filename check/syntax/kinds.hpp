#pragma once
/// Node types of all grammars, grouped by what they mean for the question "where does this value go".

#include <cstdint>
#include <string_view>

namespace dynascale::check {

enum class NodeRole : std::uint8_t {
  pass,  ///< An expression around its parts: the value goes on upward.
  call,
  member,      ///< a.b, a::b, a->b.
  assignment,  ///< Also declarations with an initial value.
  key,         ///< name: value inside a literal or among arguments.
  parameter,   ///< A parameter with a default value.
  leave,       ///< return and the like.
  branch,      ///< if, while, switch: what stands in the condition decides only.
  loop,
  text,   ///< A string around an interpolation.
  block,  ///< A list of statements.
  lambda,
  function,
  type_body,  ///< class, struct, namespace and whole files.
  attribute,  ///< Rust attributes, Java annotations.
  statement,  ///< An expression as a statement.
};

[[nodiscard]] NodeRole role_of_node(std::string_view type);
[[nodiscard]] bool is_comment(std::string_view type);
[[nodiscard]] bool is_string(std::string_view type);
/// A leaf that is a name.
[[nodiscard]] bool is_identifier(std::string_view type);

}  // namespace dynascale::check
