#include "check/syntax/kinds.hpp"
#include "check/syntax/use.hpp"
#include "check/syntax/words.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

/// Whether it is the value of a block; Ruby's rescue and ensure come after.
bool is_last_child(TSNode parent, TSNode node) {
  for (auto i = ts_node_named_child_count(parent); i-- > 0;) {
    const auto child = ts_node_named_child(parent, i);
    if (same(child, node)) return true;
    const auto type = type_of(child);
    if (type != "rescue" && type != "ensure" && type != "else" && !is_comment(type)) return false;
  }
  return false;
}

bool has_implicit_value(Language language) {
  return language == Language::rust || language == Language::ruby || language == Language::kotlin;
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
    if (converted_ && !defaulted_ && !sizes(sink)) sink.kind = SinkKind::reported;
    return keyed_.name.empty() || sink.kind == SinkKind::reported ? sink : keyed_;
  }

  /// A number turned into text is still a number where a name says so: OMP_NUM_THREADS.
  static bool sizes(const Sink& sink) {
    if (sink.kind == SinkKind::argument) return sink.sizing;
    return sink.kind == SinkKind::returned || says_sizing(sink.name) || says_pool(sink.name);
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
        if (is_default_of_parameter(parent, node) && take(SinkKind::stored)) {
          sink.storage = Storage::member;
          return true;
        }
        formatted_ = formatted_ || joins_text(tree_, parent);
        return (is_stream_output(tree_, parent, node) || is_measure(tree_, parent, node)) &&
               take(SinkKind::reported);
      case NodeRole::member:
        return is_measure(tree_, parent, node) && take(SinkKind::reported);
      case NodeRole::lambda:
        leaving_ = false;
        if (i < 2 || role_of_node(type_of(chain_[i - 2])) != NodeRole::assignment) return false;
        // Of a local one the uses tell.
        return !function_name(i - 2).empty() ? false : take(SinkKind::returned, target_name(tree_, chain_[i - 2]));
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
        leaving_ = inside_lambda(i - 1);
        return !leaving_ && take(SinkKind::returned, function_name(i - 1));
      case NodeRole::branch:
        return !leaving_ && step_branch(i, sink);
      case NodeRole::loop:
        return !leaving_ && take(SinkKind::loop);
      case NodeRole::text:
        formatted_ = true;
        return false;
      case NodeRole::block:
        if (leaving_) return false;
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
        return !leaving_ && tree_.language() != Language::kotlin && take(SinkKind::statement);
    }
    return false;
  }

  bool step_call(std::size_t i, Sink& sink) {
    const auto call = chain_[i - 1];
    const auto callee = callee_of(tree_, call);
    if (!in_arguments(call, chain_[i])) {
      return step_receiver(i, callee, sink);
    }
    if (says_conversion(callee)) {
      converted_ = true;
      return false;
    }
    if (says_formatting(callee)) {
      formatted_ = true;
      return false;
    }
    if (says_environment(callee)) {
      defaulted_ = true;
      return false;
    }
    const auto last = last_component(callee);
    const bool flag = callee.substr(0, 7) == "DEFINE_" || callee == "ABSL_FLAG";
    if (flag || type_of(call) == "enum_constant") {
      sink = Sink{SinkKind::argument, Storage::local, callee, i - 1, true};
      return true;
    }
    if (is_field_default(callee)) return false;
    if (last == "make" && arguments_of(tree_, call).substr(0, 5) == "(chan") return false;
    if (last == "get_or_init" || last == "get_or_insert_with") {
      sink = Sink{SinkKind::stored, Storage::member, callee, i - 1};
      return true;
    }
    if (says_reporting(callee)) {
      sink = Sink{SinkKind::reported, Storage::local, callee, i - 1};
      return true;
    }
    if (i + 1 < chain_.size() && is_described(call, chain_[i + 1], callee)) {
      sink = Sink{SinkKind::reported, Storage::local, callee, i - 1};
      return true;
    }
    const bool setter = says_setter(last_component(callee)) || formatted_;
    const bool option = keyword_ == "default" && (last == "add_argument" || last == "add_option" || last == "option");
    const bool named = option || (!keyword_.empty() && says_sizing(keyword_));
    const auto text = arguments_of(tree_, call).substr(0, 600);
    const bool told = setter && text.find_first_of("\"'`") != std::string_view::npos && says_sizing(text);
    const bool sizing = told || named;
    if (says_arithmetic(callee) && !sizing) return false;
    sink = Sink{SinkKind::argument, Storage::local, callee, i - 1, sizing};
    return true;
  }

  /// A method of the answer itself: `os.cpus().forEach(fork)`, `n.times { … }`, `os.cpus().map(c => c.times)`.
  bool step_receiver(std::size_t i, std::string_view callee, Sink& sink) {
    const auto method = last_component(callee);
    const bool each = method == "forEach" || method == "map" || method == "reduce" || method == "filter";
    const bool lists = is_ecmascript(tree_.language()) && each && callee.find("cpus().") != std::string_view::npos;
    if (method != "times" && method != "upto" && !lists) return false;
    const auto work = arguments_of(tree_, chain_[i - 1]).substr(0, 2000);
    const bool starts = !lists || work.find("fork") != std::string_view::npos ||
                        work.find("new Worker") != std::string_view::npos;
    sink = Sink{starts ? SinkKind::loop : SinkKind::reported, Storage::local, {}, i - 1};
    return true;
  }

  /// Kotlin: `fun create(n: Int = ask())`; the grammar leaves the value beside its parameter.
  static bool is_default_of_parameter(TSNode parent, TSNode node) {
    return type_of(parent) == "function_value_parameters" && type_of(node) != "parameter";
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
    sink = Sink{SinkKind::stored, storage_of(tree_, chain_, i - 1, target_name(tree_, parent)),
                target_name(tree_, parent), i - 1};
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
  bool converted_ = false;  ///< Written as text, but alone: str(n).
  bool defaulted_ = false;  ///< The default of a variable of the environment.
  bool leaving_ = false;    ///< On the way from a return to the lambda that it leaves.
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
