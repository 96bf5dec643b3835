#pragma once
/// A fixture for what is no single file: a small tree in one text, unpacked below a temporary root.
///
///   # expect: DSC207            the rule must fire; "# ok: DSC207" that it must not
///   --- /proc/5000010/exe -> /usr/sbin/nginx
///   --- /proc/5000010/cmdline
///   nginx\0-c\0/etc/nginx.conf\0
///
/// `\0` stands for a zero byte. Process ids are above the kernel's maximum, so that none is the test's own.

#include <fstream>
#include <sstream>
#include <string>

#include "tests/unit/probes/temporary_root.hpp"

namespace dynascale::check {

inline std::string with_zeros(std::string text) {
  for (auto at = text.find("\\0"); at != std::string::npos; at = text.find("\\0", at))
    text.replace(at, 2, 1, '\0');
  return text;
}

/// Returns the lines before the first file.
inline std::string unpack_tree(const std::string& tree, const TemporaryRoot& root) {
  std::istringstream lines{tree};
  std::string line, head, path, content;
  const auto flush = [&] {
    // The kernel's lists of arguments end with a zero byte, not with a line.
    if (path.ends_with("/cmdline") || path.ends_with("/environ")) content.pop_back();
    if (!path.empty()) root.write(path, with_zeros(content));
    path.clear();
    content.clear();
  };
  while (std::getline(lines, line)) {
    if (line.rfind("--- ", 0) == 0) {
      flush();
      const auto arrow = line.find(" -> ");
      if (arrow != std::string::npos)
        root.link(line.substr(4, arrow - 4), line.substr(arrow + 4));
      else
        path = line.substr(4);
    } else if (path.empty()) {
      head += line + "\n";
    } else {
      content += line + "\n";
    }
  }
  flush();
  return head;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace dynascale::check
