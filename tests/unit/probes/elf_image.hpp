#pragma once
/// A small ELF library in memory, with nothing but a table of undefined dynamic symbols.

#include <elf.h>

#include <cstring>
#include <string>
#include <vector>

namespace dynascale {

inline std::string elf_image(const std::vector<std::string>& imports) {
  std::string strings(1, '\0');
  std::vector<Elf64_Sym> symbols(1);
  for (const auto& name : imports) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<Elf64_Word>(strings.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbols.push_back(symbol);
    strings += name + '\0';
  }
  strings.resize((strings.size() + 7) / 8 * 8);
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  const auto symbol_bytes = symbols.size() * sizeof(Elf64_Sym);
  header.e_shoff = sizeof header + strings.size() + symbol_bytes;
  Elf64_Shdr sections[3]{};
  sections[1].sh_type = SHT_STRTAB;
  sections[1].sh_offset = sizeof header;
  sections[1].sh_size = strings.size();
  sections[2].sh_type = SHT_DYNSYM;
  sections[2].sh_offset = sizeof header + strings.size();
  sections[2].sh_size = symbol_bytes;
  sections[2].sh_link = 1;
  sections[2].sh_entsize = sizeof(Elf64_Sym);
  std::string image(reinterpret_cast<const char*>(&header), sizeof header);
  image += strings;
  image.append(reinterpret_cast<const char*>(symbols.data()), symbol_bytes);
  image.append(reinterpret_cast<const char*>(sections), sizeof sections);
  return image;
}

}  // namespace dynascale
