#pragma once
/// UTF-8 as RFC 3629 defines it.

#include <cstddef>
#include <string_view>

namespace dynascale::wire {

/// Bytes of the character that `text` starts with; 0 when it starts with none: a stray or cut sequence, an
/// overlong form, a surrogate or a value above U+10FFFF. `text` is not empty.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

}  // namespace dynascale::wire
