#include <cctype>

#include "check/syntax/kinds.hpp"
#include "check/syntax/use.hpp"
#include "check/syntax/words.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

bool is_last_child(TSNode parent, TSNode node) {
  const auto count = ts_node_named_child_count(parent);
  return count > 0 && same(ts_node_named_child(parent, count - 1), node);
}

bool has_implicit_value(Language language) {
  return language == Language::rust || language == Language::ruby || language == Language::kotlin;
}

/// `stream << value` reports; `1 << value` computes.
bool is_stream_output(const Syntax& tree, TSNode binary, TSNode node) {
  if (tree.language() != Language::cpp && tree.language() != Language::ruby) return false;
  const auto left = field_of(binary, "left");
  if (ts_node_is_null(left) || contains(left, node)) return false;
  const auto text = tree.text_of(left);
  const auto between =
      tree.text().substr(ts_node_end_byte(left), ts_node_start_byte(node) - ts_node_end_byte(left));
  return between.find("<<") != std::string_view::npos && !text.empty() &&
         std::isdigit(static_cast<unsigned char>(text.front())) == 0;
}

TSNode target_of(TSNode node) {
  // Kotlin: `val name: Int = …` has no field names, and `val` comes first.
  for (std::uint32_t i = 0; type_of(node) == "property_declaration" && i < ts_node_named_child_count(node); ++i) {
    const auto child = ts_node_named_child(node, i);
    if (type_of(child) == "variable_declaration") return child;
  }
  for (const auto* field : {"left", "name", "pattern", "declarator", "key", "field", "variable"}) {
    const auto child = field_of(node, field);
    if (!ts_node_is_null(child)) return child;
  }
  return ts_node_named_child_count(node) > 0 ? ts_node_named_child(node, 0) : TSNode{};
}

std::string target_name(const Syntax& tree, TSNode node) {
  auto text = tree.text_of(target_of(node));
  while (!text.empty() && (text.front() == '*' || text.front() == '&' || text.front() == ' '))
    text.remove_prefix(1);
  return std::string{text.substr(0, std::min<std::size_t>(text.find_first_of("\n={"), 120))};
}

/// Walks from a value to what takes it.
class Climber {
 public:
  Climber(const Syntax& tree, const Chain& chain) : tree_{tree}, chain_{chain} {}

  Sink climb(std::size_t from) {
    Sink sink;
    for (std::size_t i = from; i > 0; --i) {
      if (step(i, sink)) {
        return finish(std::move(sink));
      }
    }
    return finish(std::move(sink));
  }

 private:
  /// A number written into a text only tells, unless the text configures a pool.
  Sink finish(Sink sink) {
    if (formatted_ && !(sink.kind == SinkKind::argument && sink.sizing)) sink.kind = SinkKind::reported;
    return keyed_.name.empty() || sink.kind == SinkKind::reported ? sink : keyed_;
  }

  /// Whether chain_[i - 1] takes the value of chain_[i].
  bool step(std::size_t i, Sink& sink) {
    const auto node = chain_[i];
    const auto parent = chain_[i - 1];
    const auto take = [&](SinkKind kind, std::string name = {}) {
      sink = Sink{kind, Storage::local, std::move(name), i - 1};
      return true;
    };
    switch (role_of_node(type_of(parent))) {
      case NodeRole::pass:
      case NodeRole::member:
        return is_stream_output(tree_, parent, node) && take(SinkKind::reported);
      case NodeRole::lambda:
        return false;
      case NodeRole::call:
        return step_call(i, sink);
      case NodeRole::assignment:
        return step_assignment(i, sink);
      case NodeRole::key:
        return step_key(i, sink);
      case NodeRole::parameter:
        if (contains(target_of(parent), node)) return false;
        return take(SinkKind::stored, target_name(tree_, parent)) && (sink.storage = Storage::member, true);
      case NodeRole::leave:
        return !inside_lambda(i - 1) && take(SinkKind::returned, function_name(i - 1));
      case NodeRole::branch:
        return step_branch(i, sink);
      case NodeRole::loop:
        return take(SinkKind::loop);
      case NodeRole::text:
        formatted_ = true;
        return false;
      case NodeRole::block:
        if (has_implicit_value(tree_.language()) && is_last_child(parent, node)) return false;
        if (type_of(parent) == "else_clause") return false;
        return take(SinkKind::statement);
      case NodeRole::function:
        return take(SinkKind::returned, function_name(i));
      case NodeRole::type_body:
        return take(SinkKind::statement);
      case NodeRole::attribute:
        take(SinkKind::stored, std::string{type_of(parent)});
        sink.storage = Storage::member;
        return true;
      case NodeRole::statement:
        return !(tree_.language() == Language::kotlin) && take(SinkKind::statement);
    }
    return false;
  }

  bool step_call(std::size_t i, Sink& sink) {
    const auto call = chain_[i - 1];
    const auto callee = callee_of(tree_, call);
    if (!in_arguments(call, chain_[i])) {
      const auto last = last_component(callee);
      if (last == "times" || last == "upto") {
        sink = Sink{SinkKind::loop, Storage::local, {}, i - 1};
        return true;
      }
      return false;
    }
    if (says_formatting(callee)) {
      formatted_ = true;
      return false;
    }
    if (is_field_default(callee)) return false;
    if (says_reporting(callee)) {
      sink = Sink{SinkKind::reported, Storage::local, callee, i - 1};
      return true;
    }
    if (i + 1 < chain_.size() && is_described(call, chain_[i + 1], callee)) {
      sink = Sink{SinkKind::reported, Storage::local, callee, i - 1};
      return true;
    }
    const bool setter = says_setter(last_component(callee)) || formatted_;
    const bool named = !keyword_.empty() && says_sizing(keyword_);
    const auto text = arguments_of(tree_, call).substr(0, 600);
    const bool told = setter && text.find_first_of("\"'`") != std::string_view::npos && says_sizing(text);
    const bool sizing = told || named;
    if (says_arithmetic(callee) && !sizing) return false;
    sink = Sink{SinkKind::argument, Storage::local, callee, i - 1, sizing};
    return true;
  }

  /// Python: `workers: int = Field(default_factory=os.cpu_count)` in a class of settings.
  [[nodiscard]] bool is_field_default(const std::string& callee) const {
    const auto last = last_component(callee);
    return tree_.language() == Language::python && (last == "Field" || last == "field");
  }

  /// `map.put("available.processors", value)`: a table that tells what the machine is, unless the key sizes.
  [[nodiscard]] bool is_described(TSNode call, TSNode value, const std::string& callee) const {
    const auto last = last_component(callee);
    if (last != "put" && last != "set" && last != "insert" && last != "add") return false;
    const auto begin = ts_node_start_byte(find_arguments(call));
    const auto key = tree_.text().substr(begin, ts_node_start_byte(value) - begin);
    return names_query(key) && !says_sizing(key);
  }

  bool step_assignment(std::size_t i, Sink& sink) {
    const auto parent = chain_[i - 1];
    if (type_of(parent) == "field_declaration" && ts_node_is_null(field_of(parent, "default_value")) &&
        tree_.language() == Language::cpp) {
      return false;
    }
    const auto target = target_of(parent);
    if (contains(target, chain_[i])) return false;
    if (type_of(target) == "pointer_expression") {  // C: `*count = value` is an answer by another way.
      sink = Sink{SinkKind::returned, Storage::local, function_name(i - 1), i - 1};
      return true;
    }
    sink = Sink{SinkKind::stored, storage_of(i - 1), target_name(tree_, parent), i - 1};
    return true;
  }

  bool step_key(std::size_t i, Sink& sink) {
    const auto parent = chain_[i - 1];
    // `Type::Type() : member_(value)` is an assignment to a member.
    if (type_of(parent) == "field_initializer" && tree_.language() == Language::cpp) {
      sink = Sink{SinkKind::stored, Storage::member, target_name(tree_, parent), i - 1};
      return true;
    }
    if (type_of(parent) == "keyword_argument")
      keyword_ = target_name(tree_, parent);
    else if (keyed_.name.empty())
      keyed_ = Sink{SinkKind::keyed, Storage::local, target_name(tree_, parent), i - 1};
    return false;
  }

  bool step_branch(std::size_t i, Sink& sink) {
    const auto parent = chain_[i - 1];
    const auto condition = field_of(parent, "condition");
    const bool decides = !ts_node_is_null(condition) && contains(condition, chain_[i]);
    if (!decides && (type_of(parent) == "if_expression" || has_implicit_value(tree_.language())))
      return false;
    sink = Sink{decides ? SinkKind::condition : SinkKind::statement, Storage::local, {}, i - 1};
    return true;
  }

  [[nodiscard]] Storage storage_of(std::size_t depth) const {
    const auto name = target_name(tree_, chain_[depth]);
    if (name.find('.') != std::string::npos || name.find("->") != std::string::npos || name.front() == '@' ||
        name.find("::") != std::string::npos || name.find('[') != std::string::npos) {
      return Storage::member;
    }
    for (std::size_t i = depth; i-- > 0;) {
      const auto role = role_of_node(type_of(chain_[i]));
      if (role == NodeRole::function && is_undeclared(chain_[i], depth, name)) return Storage::member;
      if (role == NodeRole::function || role == NodeRole::lambda) {
        const auto type = type_of(chain_[i]);
        const bool initializer = type == "static_initializer" || type == "class_static_block";
        return initializer || is_static(depth) ? Storage::global : Storage::local;
      }
    }
    return Storage::global;
  }

  /// A bare name assigned without a declaration, and not mentioned earlier in the function, lives outside of
  /// it.
  [[nodiscard]] bool is_undeclared(TSNode function, std::size_t depth, const std::string& name) const {
    const auto language = tree_.language();
    const bool declares = language == Language::c || language == Language::cpp ||
                          language == Language::java || language == Language::csharp ||
                          language == Language::go || language == Language::javascript ||
                          language == Language::typescript || language == Language::tsx;
    const auto type = type_of(chain_[depth]);
    if (!declares || (type != "assignment_expression" && type != "assignment_statement")) return false;
    const auto begin = ts_node_start_byte(function);
    const auto before = tree_.text().substr(begin, ts_node_start_byte(chain_[depth]) - begin);
    return before.find(name) == std::string_view::npos;
  }

  [[nodiscard]] bool is_static(std::size_t depth) const {
    const auto type = type_of(chain_[depth]);
    if (type == "static_item" || type == "const_item") return true;
    if (depth == 0) return false;
    const auto text = tree_.text_of(chain_[depth - 1]);
    return trim(text).substr(0, 7) == "static ";
  }

  [[nodiscard]] bool inside_lambda(std::size_t depth) const {
    for (std::size_t i = depth; i-- > 0;) {
      const auto role = role_of_node(type_of(chain_[i]));
      if (role == NodeRole::function) return false;
      if (role == NodeRole::lambda) return true;
    }
    return false;
  }

  [[nodiscard]] std::string function_name(std::size_t depth) const;

  const Syntax& tree_;
  const Chain& chain_;
  Sink keyed_;
  std::string keyword_;  ///< Of the argument: `helper(workers=value)`.
  bool formatted_ = false;
};

}  // namespace

Sink sink_of(const Syntax& tree, const Chain& chain, std::size_t from) {
  return Climber{tree, chain}.climb(from);
}

std::string Climber::function_name(std::size_t depth) const {
  for (std::size_t i = depth + 1; i-- > 0;) {
    if (role_of_node(type_of(chain_[i])) != NodeRole::function) continue;
    const auto name = target_name(tree_, chain_[i]);
    return name.substr(0, name.find('('));
  }
  return {};
}

}  // namespace dynascale::check
