#pragma once
/// A parsed source file, and the way from its root to one byte. The only user of tree-sitter's C API with
/// kinds.

#include <tree_sitter/api.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "check/model/language.hpp"
#include "core/model/result.hpp"

namespace dynascale::check {

/// The nodes from the root down to a leaf.
using Chain = std::vector<TSNode>;

/// Owns a tree; the text must outlive it. One thread.
class Syntax {
 public:
  /// Errors: `limit_exceeded` for absurd nesting, `timeout` when parsing took too long, `unsupported` for a
  /// language without grammar.
  [[nodiscard]] static Result<Syntax> parse(Language language, std::string_view text);

  [[nodiscard]] Language language() const { return language_; }
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::string_view text_of(TSNode node) const;
  [[nodiscard]] TSNode root() const;
  /// From the root to the smallest node over the byte at `offset`; bounded depth.
  [[nodiscard]] Chain chain_at(std::size_t offset) const;

 private:
  struct Delete {
    void operator()(TSTree* tree) const { ts_tree_delete(tree); }
  };
  Syntax(Language language, std::string_view text, TSTree* tree)
      : language_{language}, text_{text}, tree_{tree} {}

  Language language_;
  std::string_view text_;
  std::unique_ptr<TSTree, Delete> tree_;
};

[[nodiscard]] inline std::string_view type_of(TSNode node) {
  return ts_node_type(node);
}
/// The child in that field; a null node when there is none.
[[nodiscard]] TSNode field_of(TSNode node, std::string_view field);
[[nodiscard]] bool same(TSNode a, TSNode b);
[[nodiscard]] bool contains(TSNode outer, TSNode inner);

}  // namespace dynascale::check
