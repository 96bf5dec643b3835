#pragma once
/// What uWSGI was told at its start: options of its command line and of the ini or YAML files that it names.
/// Pure but for `read_configuration`.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/process.hpp"
#include "core/model/result.hpp"
#include "runtime/files.hpp"

namespace dynascale::uwsgi {

struct Configuration {
  bool cheaper = false;
  std::string algorithm = "spare";  ///< `cheaper-algo`, by uWSGI's own default.
  bool lazy_apps = false;
  bool need_app = false;
  std::string stats = {};               ///< Address of the statistics server as written; empty: none.
  std::vector<std::string> files = {};  ///< Named by --ini, --yaml or as a bare word; not yet read.
  bool operator==(const Configuration&) const = default;
};

/// A file of options; `path` is where it stands: for %n, %d, %s and %p in values.
struct OptionsFile {
  std::string path;
  std::string section = "uwsgi";
};
/// "file:section", where ":section" may be missing. A path in another folder is completed by `directory`.
[[nodiscard]] OptionsFile options_file(std::string_view named, const std::string& directory);

void read_arguments(const std::vector<std::string>& argv, Configuration& configuration);
/// "key = value" (ini) or "key: value" (YAML) of the section; what stands before any section does not count.
void read_options(std::string_view text, const OptionsFile& file, Configuration& configuration);

/// The command line of `master` and the files that it names, at most eight of them. One that is not readable
/// is left out.
[[nodiscard]] Configuration read_configuration(const Files& files, const ProcessInfo& master);

/// What to call the server: the stem of its first file, else its socket or its folder.
[[nodiscard]] std::string name_of(const ProcessInfo& master);

}  // namespace dynascale::uwsgi
