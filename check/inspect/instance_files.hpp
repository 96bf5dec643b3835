#pragma once
/// The configuration files of one running instance, as the process sees them: found, read, followed through their
/// includes and judged; of settings that several files give, the one that counts.

#include "check/engine/scan.hpp"
#include "check/files/rooted.hpp"
#include "check/inspect/instance.hpp"

namespace dynascale::check {

/// Reads below `machine_root`; the process's own root is looked up there, too. What the rights did not allow to read
/// becomes an incident DSC903. `prefix` stands before printed paths that are not this machine's own.
class InstanceFiles {
 public:
  InstanceFiles(RootedFiles root, std::string prefix, std::string machine_root, const Envelope& envelope,
                const Matchers& matchers)
      : root_{std::move(root)}, prefix_{std::move(prefix)}, machine_{std::move(machine_root)}, matchers_{matchers} {
    options_.envelope = envelope;
    options_.include_tests = true;  // A file in use is judged wherever it lies.
  }

  /// With the files themselves in `configs`. `told` is the file that the server itself names; may be empty.
  [[nodiscard]] ScanReport judge(const LiveInstance& instance, const std::string& told);

 private:
  ScanReport judge_file(const RootedFiles& root, const std::string& path, const std::string& known_as,
                        const std::string& prefix, ConfigKind kind);
  void judge_candidates(const LiveInstance& instance, const std::string& told);
  void judge_unit(const LiveInstance& instance);
  void follow();
  [[nodiscard]] std::vector<std::string> named_by(const ConfigFile& file) const;

  RootedFiles root_;
  std::string prefix_;
  RootedFiles machine_;
  const Matchers& matchers_;
  ScanOptions options_;
  ScanReport report_;
};

}  // namespace dynascale::check
