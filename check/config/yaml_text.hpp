#pragma once
/// Parts of YAML's lines. Pure.

#include <string_view>

namespace dynascale::check {

/// Position of the colon that ends a key, npos when the line is no mapping.
[[nodiscard]] std::size_t key_end(std::string_view text);
/// Of `a: 1, b: {c: 2, d: 3}` the text up to the comma that ends the first part; brackets and quotes hold their own.
[[nodiscard]] std::string_view first_flow_part(std::string_view text);

}  // namespace dynascale::check
