#pragma once
/// What a file is, told from its path below the scanned folder and its first bytes.

#include <string_view>

#include "check/model/language.hpp"

namespace dynascale::check {

/// What a file is for; only `product` files and examples are judged.
enum class Role : std::uint8_t { product, test, docs, build, vendored };

struct FileClass {
  Language language = Language::none;
  ConfigKind config = ConfigKind::none;
  Role role = Role::product;

  [[nodiscard]] bool known() const { return language != Language::none || config != ConfigKind::none; }
};

/// By path alone. `relative` uses '/', and starts below the folder that the user named, so that a checkout
/// that happens to lie in a folder called "test" is judged like any other.
[[nodiscard]] Role role_of(std::string_view relative);
/// Whether the walk need not enter this folder at all (version control, dependencies, build products).
[[nodiscard]] bool is_skipped_folder(std::string_view name);
/// By name; `none` when only the content can tell.
[[nodiscard]] Language language_of(std::string_view relative);
[[nodiscard]] ConfigKind config_kind_of(std::string_view relative);
/// Whether a file of unknown name deserves a look at its content.
[[nodiscard]] bool wants_sniffing(std::string_view relative);
/// Completes `file` from the file's first bytes. A binary file loses its classes.
[[nodiscard]] FileClass sniff(FileClass file, std::string_view relative, std::string_view content);

}  // namespace dynascale::check
