// The records at keys.order: of some thousand orders, chosen by the hash of their id, each has to point to its
// decision.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/findings.h"
#include "audit/link.h"

namespace orderd::audit {

class RecordCheck {
 public:
  struct Decision {
    Name name;
    std::string order;
    Id result;
    Id request;
    bool accepted = false;
    bool operator<(const Decision& other) const { return std::tie(name, result) < std::tie(other.name, other.result); }
  };

  // A decision, in the order of the results.
  void take(const Name& name, std::string_view order, Id result, Id request, bool accepted);
  // Answers how many records there were to look at: the others have expired.
  [[nodiscard]] Result<uint64_t> judge(Link& link, const std::function<std::string(std::string_view)>& key,
                                       Findings& findings);

 private:
  std::vector<Decision> chosen_;  // a heap, the greatest name on top
};

}  // namespace orderd::audit
