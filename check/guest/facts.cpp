#include "check/guest/facts.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t text_bytes = std::size_t{8} << 20;

GuestText read_text(const RootedFiles& files, std::string path) {
  auto text = files.read(path, text_bytes);
  GuestText out{std::move(path), std::nullopt};
  if (text) out.text = std::move(*text);
  return out;
}

bool older(const std::string& a, const std::string& b) {
  return ::strverscmp(a.c_str(), b.c_str()) < 0;
}

std::string release_of(const RootedFiles& files) {
  if (const auto text = files.read("/proc/sys/kernel/osrelease", 4096)) return std::string{trim(*text)};
  std::vector<std::string> releases;
  constexpr std::string_view prefix = "config-";
  for (const auto& name : files.list("/boot")) {
    if (name.starts_with(prefix)) releases.push_back(name.substr(prefix.size()));
  }
  const auto newest = std::max_element(releases.begin(), releases.end(), older);
  return newest == releases.end() ? std::string{} : *newest;
}

GuestText read_kernel_config(const RootedFiles& files, const std::string& release) {
  auto plain = read_text(files, "/boot/config-" + release);
  if (plain.text) return plain;
  auto packed = read_text(files, "/proc/config.gz");
  if (!packed.text) return plain;
  auto text = unpack_gzip(*packed.text, text_bytes);
  packed.text = text ? std::optional{std::move(*text)} : std::nullopt;
  return packed;
}

/// As udev does: of two files with one name the one in the earlier folder counts.
std::vector<GuestText> read_udev(const RootedFiles& files) {
  std::map<std::string, std::string> by_name;
  for (const std::string folder :
       {"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"}) {
    for (const auto& name : files.list(folder)) {
      if (name.ends_with(".rules")) by_name.emplace(name, folder + "/" + name);
    }
  }
  std::vector<GuestText> out;
  for (const auto& [name, path] : by_name) out.push_back(read_text(files, path));
  return out;
}

bool any_exists(const RootedFiles& files, std::initializer_list<const char*> paths) {
  return std::any_of(paths.begin(), paths.end(), [&](const char* path) { return files.exists(path); });
}

GuestText read_modules(const RootedFiles& files, const std::string& release) {
  auto modules = read_text(files, "/lib/modules/" + release + "/modules.dep");
  if (const auto builtin = files.read("/lib/modules/" + release + "/modules.builtin", text_bytes);
      builtin && modules.text)
    *modules.text += *builtin;
  return modules;
}

}  // namespace

Result<std::string> unpack_gzip(std::string_view packed, std::size_t limit) {
  z_stream stream{};
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (::inflateInit2(&stream, gzip_only) != Z_OK) return fail(Errc::io, "zlib cannot start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  std::array<char, 16384> block{};
  int state = Z_OK;
  while (state == Z_OK && out.size() <= limit) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    state = ::inflate(&stream, Z_NO_FLUSH);
    out.append(block.data(), block.size() - stream.avail_out);
  }
  ::inflateEnd(&stream);
  if (out.size() > limit) return fail(Errc::limit_exceeded, "the packed text is larger than the limit");
  if (state != Z_STREAM_END) return fail(Errc::corrupt, "this is not a whole gzip file");
  return out;
}

std::map<std::string, std::string> parse_kernel_config(std::string_view text) {
  std::map<std::string, std::string> options;
  const Lines lines{text};
  for (std::uint32_t number = 1; number <= lines.count(); ++number) {
    const auto line = lines.line(number);
    const auto equals = line.find('=');
    if (!line.starts_with("CONFIG_") || equals == std::string_view::npos) continue;
    options.emplace(line.substr(0, equals), unquote(trim(line.substr(equals + 1))));
  }
  return options;
}

GuestFacts read_guest(const RootedFiles& files) {
  GuestFacts facts;
  facts.running = files.exists("/proc/meminfo");
  facts.release = release_of(files);
  facts.kernel_config = read_kernel_config(files, facts.release);
  if (facts.kernel_config.text) facts.options = parse_kernel_config(*facts.kernel_config.text);
  facts.command_line = read_text(files, facts.running ? "/proc/cmdline" : "/etc/default/grub");
  facts.auto_online = read_text(files, "/sys/devices/system/memory/auto_online_blocks");
  facts.online_policy = read_text(files, "/sys/module/memory_hotplug/parameters/online_policy");
  facts.possible_cpus = read_text(files, "/sys/devices/system/cpu/possible");
  facts.threads_max = read_text(files, "/proc/sys/kernel/threads-max");
  facts.huge_pages = read_text(files, "/proc/sys/vm/nr_hugepages");
  facts.mounts = read_text(files, "/proc/mounts");
  facts.meminfo = read_text(files, "/proc/meminfo");
  facts.modules = read_modules(files, facts.release);
  facts.udev = read_udev(files);
  facts.irqbalance_defaults = read_text(files, "/etc/default/irqbalance");
  facts.pressure = files.exists("/proc/pressure/memory");
  facts.irqbalance = any_exists(files, {"/usr/sbin/irqbalance", "/sbin/irqbalance"});
  facts.agent = any_exists(files, {"/usr/bin/dynascale-agent", "/usr/local/bin/dynascale-agent"});
  facts.agent_enabled =
      any_exists(files, {"/etc/systemd/system/multi-user.target.wants/dynascale-agent.service"});
  return facts;
}

}  // namespace dynascale::check
