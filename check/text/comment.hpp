#pragma once
/// Comments at the end of a line. Pure.

#include <string_view>

namespace dynascale::check {

/// The text before a comment: one of `marks` at its start or after white space, outside quotes.
[[nodiscard]] std::string_view without_comment(std::string_view line, std::string_view marks);

}  // namespace dynascale::check
