#pragma once
/// The names that a file gives to what it imports: `import multiprocessing as mp`, `from os import cpu_count as n`,
/// Go's `rt "runtime"`, `import { cpus as c } from 'os'`, `using Env = System.Environment`. Lines that only look
/// like imports do no harm: a rule's name must still be in use.

#include <string>
#include <string_view>
#include <vector>

#include "check/model/language.hpp"

namespace dynascale::check {

struct Alias {
  std::string name;    ///< As the file writes it; "*" for everything in `target`.
  std::string target;  ///< The whole name, separators as '.'.
};

/// At most 256. Linear time.
[[nodiscard]] std::vector<Alias> aliases_in(Language language, std::string_view text);

/// The name as written, qualifier included, with its first component replaced by what it stands for; the name itself
/// when nothing is known of it.
[[nodiscard]] std::vector<std::string> meanings_of(const std::vector<Alias>& aliases, const std::string& written);

}  // namespace dynascale::check
