#include "check/effective/overridden.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr int deepest = 16;
constexpr std::size_t most_files = 1024;
constexpr std::size_t most_includes = 4096;
constexpr std::size_t most_settings = 1 << 20;  ///< Read in all, over every server: hostile trees stay cheap.

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

using Read = std::pair<const ConfigFile*, const Setting*>;
using ByPath = std::map<std::string, const ConfigFile*, std::less<>>;

bool any_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// All settings of one server, in the order in which it reads them.
class Reader {
 public:
  Reader(const ByPath& files, const KnownPaths& paths, std::size_t& budget)
      : files_{files}, paths_{paths}, budget_{budget} {}

  void read(const ConfigFile& file, int depth = 0) {
    if (depth > deepest || ++count_ > most_files || file.settings.size() >= budget_) return;
    if (!open_.insert(&file).second) return;
    budget_ -= file.settings.size() + 1;
    auto include = file.includes.begin();
    const auto follow_until = [&](std::uint32_t line) {
      for (; include != file.includes.end() && include->line <= line; ++include) {
        for (const auto& path : paths_.find(file.path, include->pattern)) {
          const auto found = files_.find(path);
          if (found != files_.end() && found->second->kind == file.kind) read(*found->second, depth + 1);
        }
      }
    };
    for (const auto& setting : file.settings) {
      follow_until(setting.line);
      order_.emplace_back(&file, &setting);
    }
    follow_until(static_cast<std::uint32_t>(-1));
    open_.erase(&file);
  }

  [[nodiscard]] const std::vector<Read>& order() const { return order_; }

 private:
  const ByPath& files_;
  const KnownPaths& paths_;
  std::size_t& budget_;
  std::vector<Read> order_;
  std::set<const ConfigFile*> open_;
  std::size_t count_ = 0;
};

/// systemd: lists grow with each line, and an empty line clears them.
bool is_list(const Setting& setting) {
  if (setting.kind == ConfigKind::environment) return false;
  return setting.key.rfind("Exec", 0) == 0 ||
         any_of(setting.key, {"Environment", "EnvironmentFile", "CPUAffinity", "AllowedCPUs", "AllowedMemoryNodes",
                              "NUMAMask", "StartupAllowedCPUs"});
}

/// What makes two settings the same one; an empty key: never the same as another.
std::tuple<int, std::string, std::string> identity(ConfigKind kind, const Setting& setting) {
  auto key = lower(setting.key);
  auto section = lower(setting.section);
  switch (kind) {
    case ConfigKind::mysql:
      std::replace(key.begin(), key.end(), '-', '_');
      if (any_of(section, {"server", "mariadb", "mariadbd"}) || section.rfind("mysqld", 0) == 0 ||
          section.rfind("mariadb-", 0) == 0)
        section = "mysqld";
      break;
    case ConfigKind::php:
      if (key.rfind("pm", 0) != 0 && key.rfind("php_", 0) != 0) section.clear();  // php.ini's are mere headings.
      break;
    case ConfigKind::nginx:
      return {};
    case ConfigKind::haproxy:
      if (section != "global" || key == "cpu-map") return {};
      break;
    case ConfigKind::compose:
      if (key == "-") return {};
      break;
    case ConfigKind::sysctl:
      std::replace(key.begin(), key.end(), '/', '.');
      if (!key.empty() && key.front() == '-') key.erase(0, 1);
      break;
    case ConfigKind::redis:
      if (any_of(key, {"save", "include", "loadmodule", "user", "rename-command"})) return {};
      break;
    default:
      break;
  }
  if (any_of(key, {"include", "includeoptional", "loadmodule"})) return {};
  return {static_cast<int>(setting.kind), std::move(section), std::move(key)};
}

void judge_order(const std::vector<Read>& order, std::vector<Overridden>& out) {
  std::map<std::tuple<int, std::string, std::string>, std::vector<Read>> standing;
  for (const auto& read : order) {
    const auto& [file, setting] = read;
    const auto id = identity(file->kind, *setting);
    if (std::get<2>(id).empty()) continue;
    auto& before = standing[id];
    const bool adds = file->kind == ConfigKind::systemd && is_list(*setting) && !setting->value.empty();
    if (!adds) {
      for (const auto& [loser_file, loser] : before)
        out.push_back({{loser_file->path, loser->line}, {file->path, setting->line}});
      before.clear();
    }
    before.push_back(read);
  }
}

/// `/root/etc/systemd/system` -> `/root`, for the folders in which one machine keeps files of that sort.
std::string without_top(std::string folder, std::string_view below) {
  for (const std::string_view top : {"/usr/local/lib", "/usr/lib", "/etc", "/run", "/lib"}) {
    const auto end = std::string{top} + std::string{below};
    if (folder.size() < end.size() || folder.compare(folder.size() - end.size(), end.size(), end) != 0) continue;
    folder.resize(folder.size() - end.size());
    break;
  }
  return folder;
}

/// The files that count as one: all of a machine's sysctl.d, a unit and its drop-ins. Empty: stands alone.
std::string group_of(const ConfigFile& file) {
  const auto folder = "/" + folder_of(file.path);
  const std::string name{file_name(file.path)};
  if (file.kind == ConfigKind::sysctl) {
    if (name == "sysctl.conf") return "sysctl " + without_top(folder, "");
    return file_name(folder) == "sysctl.d" ? "sysctl " + without_top(folder_of(folder), "") : "";
  }
  if (file.kind != ConfigKind::systemd) return {};
  const std::string parent{file_name(folder)};
  const bool drop_in = name.ends_with(".conf") && parent.ends_with(".d");
  if (!drop_in) return "unit " + without_top(folder, "/systemd/system") + " " + name;
  return "unit " + without_top(folder_of(folder), "/systemd/system") + " " + parent.substr(0, parent.size() - 2);
}

/// By file name, wherever they lie; a unit before its drop-ins, sysctl.conf after the others.
std::tuple<int, std::string_view, std::string_view> rank_of(const ConfigFile& file) {
  const auto name = file_name(file.path);
  const int place = name == "sysctl.conf" ? 2 : (name.ends_with(".conf") ? 1 : 0);
  return {place, name, file.path};
}

/// What other files ask for is no beginning.
std::set<std::string> included_paths(const std::vector<ConfigFile>& files, const KnownPaths& paths) {
  std::set<std::string> included;
  std::size_t seen = 0;
  for (const auto& file : files) {
    for (const auto& include : file.includes) {
      if (++seen > most_includes) return included;
      for (auto& path : paths.find(file.path, include.pattern)) {
        if (path != file.path) included.insert(std::move(path));
      }
    }
  }
  return included;
}

}  // namespace

std::vector<Overridden> find_overridden(const std::vector<ConfigFile>& files, const KnownPaths& paths,
                                        bool one_server) {
  ByPath by_path;
  for (const auto& file : files) by_path.emplace(file.path, &file);
  const auto included = included_paths(files, paths);
  std::map<std::string, std::vector<const ConfigFile*>> servers;
  for (const auto& file : files) {
    if (included.count(file.path) != 0) continue;
    auto group = group_of(file);
    const bool ordered = !group.empty();
    if (!ordered) group = one_server ? std::string{to_string(file.kind)} : file.path;
    auto& members = servers[group];
    const auto later = [&](const ConfigFile* other) { return rank_of(file) < rank_of(*other); };
    members.insert(ordered ? std::find_if(members.begin(), members.end(), later) : members.end(), &file);
  }
  std::vector<Overridden> out;
  auto budget = most_settings;
  for (const auto& [name, members] : servers) {
    Reader reader{by_path, paths, budget};
    for (const auto* member : members) reader.read(*member);
    judge_order(reader.order(), out);
  }
  return out;
}

void keep_effective(const std::vector<Overridden>& overridden, std::vector<Finding>& findings) {
  std::map<Place, Place> loses;
  std::map<Place, Place> wins;
  for (const auto& [loser, winner] : overridden) {
    loses.emplace(loser, winner);
    if (loser.path != winner.path) wins.emplace(winner, loser);
  }
  std::erase_if(findings, [&](const Finding& finding) { return loses.count({finding.path, finding.line}) != 0; });
  for (auto& finding : findings) {
    const auto won = wins.find({finding.path, finding.line});
    if (won != wins.end())
      finding.message += fmt::format(" (wins over {}:{})", won->second.path, won->second.line);
  }
}

}  // namespace dynascale::check
