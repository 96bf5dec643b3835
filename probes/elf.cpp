#include "probes/elf.hpp"

#include <fmt/format.h>
#include <gelf.h>

#include <algorithm>
#include <memory>

namespace dynascale {
namespace {

constexpr std::size_t longest_name = 1024;

struct ElfEnd {
  void operator()(Elf* elf) const { ::elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfEnd>;

tl::unexpected<Error> broken(std::string_view what) {
  const char* reason = ::elf_errmsg(-1);
  return fail(Errc::corrupt,
              fmt::format("{}: {}", what, reason == nullptr ? "libelf does not say why" : reason));
}

void add_undefined(Elf* elf, Elf_Data* data, std::size_t strings, std::size_t count,
                   std::vector<std::string>& names) {
  for (std::size_t i = 1; i < count; ++i) {
    GElf_Sym symbol{};
    if (::gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) return;
    if (symbol.st_shndx != SHN_UNDEF) continue;
    // Null when the offset leads out of the table, or its name has no end.
    const char* name = ::elf_strptr(elf, strings, symbol.st_name);
    if (name == nullptr || *name == '\0') continue;
    std::string_view text{name, ::strnlen(name, longest_name)};
    names.emplace_back(text.substr(0, text.find('@')));
  }
}

}  // namespace

bool is_elf(std::string_view image) {
  return image.starts_with(std::string_view{ELFMAG, SELFMAG});
}

Result<std::vector<std::string>> read_elf_imports(std::string_view image) {
  if (!is_elf(image)) return fail(Errc::corrupt, "this is no ELF file");
  if (::elf_version(EV_CURRENT) == EV_NONE) return broken("libelf is too old");
  // elf_memory() reads only: it takes a plain pointer because other calls may write.
  const ElfHandle elf{::elf_memory(const_cast<char*>(image.data()), image.size())};
  if (!elf || ::elf_kind(elf.get()) != ELF_K_ELF) return broken("this is no whole ELF file");
  std::vector<std::string> names;
  Elf_Scn* section = nullptr;
  while ((section = ::elf_nextscn(elf.get(), section)) != nullptr) {
    GElf_Shdr header{};
    if (::gelf_getshdr(section, &header) == nullptr) return broken("a section has no readable header");
    if (header.sh_type != SHT_DYNSYM || header.sh_entsize == 0) continue;
    auto* data = ::elf_getdata(section, nullptr);
    if (data == nullptr) return broken("the dynamic symbol table cannot be read");
    const auto count = std::min<std::uint64_t>(header.sh_size / header.sh_entsize, max_elf_symbols);
    add_undefined(elf.get(), data, header.sh_link, count, names);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace dynascale
