#pragma once
/// What a program or library asks of other libraries, through libelf. Any bytes are safe to give: what is
/// broken gives an error or fewer names. Threading: stateless, any thread.

#include <string>
#include <string_view>
#include <vector>

#include "core/model/result.hpp"

namespace dynascale {

[[nodiscard]] bool is_elf(std::string_view image);

inline constexpr std::size_t max_elf_symbols = 262144;

/// Names that the dynamic symbol table leaves undefined, sorted, without doubles and versions; empty for a
/// statically linked program. `image` is the whole file, of any class and byte order. At most
/// `max_elf_symbols` are looked at. Errors: `corrupt` when it is no ELF file or its tables cannot be read.
[[nodiscard]] Result<std::vector<std::string>> read_elf_imports(std::string_view image);

}  // namespace dynascale
