/// XML through pugixml, which expands no entity that a file declares: server.xml, MSBuild projects, libvirt
/// domains, Hadoop's `<property>`.

#include <algorithm>
#include <pugixml.hpp>

#include "check/config/setting.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr int deepest = 64;
constexpr std::size_t most_settings = 20'000;

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_{text}, lines_{text} {}

  /// A broken file gives what stands before the break.
  ConfigText read() {
    pugi::xml_document document;
    document.load_buffer(text_.data(), text_.size(), pugi::parse_default, pugi::encoding_utf8);
    Walker walker{*this};
    document.traverse(walker);
    return std::move(out_);
  }

 private:
  struct Walker : pugi::xml_tree_walker {
    explicit Walker(XmlReader& owner) : reader{owner} {}
    bool for_each(pugi::xml_node& node) override {
      if (node.type() == pugi::node_element && depth() < deepest) reader.add_element(node);
      return reader.out_.settings.size() < most_settings;
    }
    XmlReader& reader;
  };

  static std::string path_of(pugi::xml_node node) {
    std::string path;
    for (; node && node.type() == pugi::node_element; node = node.parent())
      path = path.empty() ? node.name() : std::string{node.name()} + "." + path;
    return path;
  }

  void add(std::string section, std::string key, std::string_view value, std::size_t offset) {
    const auto line = lines_.line_of(std::min(offset, text_.size()));
    CommandText command;
    command.append(value, line);
    out_.settings.push_back(
        {ConfigKind::xml, std::move(section), std::move(key), std::string{trim(value)}, line});
    if (value.find('-') != std::string_view::npos) out_.commands.push_back(std::move(command));
  }

  void add_element(pugi::xml_node node) {
    const auto offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0));
    const std::string name = node.attribute("name").value();
    const std::string_view text = trim(node.child_value());
    const bool leaf =
        !node.find_child([](pugi::xml_node child) { return child.type() == pugi::node_element; });
    if (!name.empty()) add_named(node, name, text, offset);
    add_attributes(node, offset);
    if (leaf && name.empty()) add_leaf(node, text, offset);
  }

  /// `<Set name="maxThreads">200</Set>`, `<Property name="K" default="200"/>`.
  void add_named(pugi::xml_node node, const std::string& name, std::string_view text, std::size_t offset) {
    std::string_view value = text;
    for (const auto* source : {"value", "default"}) {
      if (value.empty()) value = node.attribute(source).value();
    }
    if (!value.empty()) add(path_of(node), name, value, offset);
  }

  void add_attributes(pugi::xml_node node, std::size_t offset) {
    const auto path = path_of(node);
    const auto tag = text_.substr(0, std::min(text_.find('>', offset), text_.size()));
    auto place = offset;
    for (const auto attribute : node.attributes()) {
      if (out_.settings.size() >= most_settings) return;
      const std::string key = attribute.name();
      place = place_of(tag, key, place);
      add(path, key, attribute.value(), place);
    }
  }

  /// Start tags run over many lines; each attribute has its own. They come in the file's order.
  static std::size_t place_of(std::string_view tag, std::string_view key, std::size_t begin) {
    constexpr std::string_view blanks = " \t\r\n";
    for (auto at = tag.find(key, begin); at != std::string_view::npos; at = tag.find(key, at + 1)) {
      const auto after = tag.find_first_not_of(blanks, at + key.size());
      const bool alone = at > 0 && blanks.find(tag[at - 1]) != std::string_view::npos;
      if (alone && after != std::string_view::npos && tag[after] == '=') return at;
    }
    return begin;
  }

  /// `<vcpu>4</vcpu>`; Hadoop's `<property><name>K</name><value>V</value></property>`; `<locked/>` says yes.
  void add_leaf(pugi::xml_node node, std::string_view text, std::size_t offset) {
    const std::string_view element = node.name();
    const auto parent = node.parent();
    if (element == "value" && parent.child("name"))
      return add(path_of(parent), parent.child_value("name"), text, offset);
    const bool bare = text.empty() && node.attributes_begin() == node.attributes_end();
    if (bare || !text.empty()) add(path_of(parent), std::string{element}, bare ? "yes" : text, offset);
  }

  std::string_view text_;
  Lines lines_;
  ConfigText out_;
};

}  // namespace

ConfigText read_xml(std::string_view text) {
  return XmlReader{text}.read();
}

}  // namespace dynascale::check
