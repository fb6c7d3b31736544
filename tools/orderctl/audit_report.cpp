// A table of checks, then what was not checked, then the violations by check.
#include "orderctl/audit_report.h"

#include <nlohmann/json.hpp>

#include "shared/table.h"

namespace orderd::tools {
namespace {

using audit::Report;

uint64_t rate_of(const Report& report, std::chrono::milliseconds took) {
  return took.count() > 0 ? report.counts.results * 1000 / static_cast<uint64_t>(took.count()) : 0;
}

// What a finding is about, without what is not known.
struct Subject {
  const char* member;  // in JSON
  const char* label;   // in text
  const std::string& value;
};
std::vector<Subject> subjects_of(const audit::Finding& finding) {
  std::vector<Subject> out;
  for (const Subject& each :
       {Subject{"result", "result", finding.result}, Subject{"request", "request", finding.request},
        Subject{"order", "order", finding.order}, Subject{"sku", "SKU", finding.sku}}) {
    if (!each.value.empty()) out.push_back(each);
  }
  return out;
}

Json json_of(const char* check, const audit::Finding& finding) {
  Json out = {{"check", check}};
  for (const Subject& each : subjects_of(finding)) out[each.member] = each.value;
  if (!finding.detail.empty()) out["detail"] = finding.detail;
  return out;
}

std::string line_of(const audit::Finding& finding) {
  std::string out;
  for (const auto& [member, label, value] : subjects_of(finding)) {
    out.append(out.empty() ? "" : ", ").append(label).append(" ").append(shown(value));
  }
  return out.append(out.empty() ? "" : ": ").append(shown(finding.detail));
}

// How much of each kind was read.
struct Counted {
  const char* member;  // in JSON
  const char* label;   // in text; null: not there
  uint64_t number;
};
std::vector<Counted> counts_of(const Report& report) {
  const audit::Counts& counts = report.counts;
  return {{"results", "results", counts.results},
          {"accepted", "  accepted", counts.accepted},
          {"rejected", "  rejected", counts.rejected},
          {"duplicates", "  duplicate", counts.duplicates},
          {"stock_changes", "  stock changes", counts.stock_changes},
          {"letter_changes", "  of dead letters", counts.letter_changes},
          {"lines", nullptr, counts.lines},
          {"requests", "settled requests", counts.requests},
          {"waiting", "waiting requests", counts.waiting},
          {"deleted_unsettled", "deleted before they were settled", report.horizon.position.deleted},
          {"dead_letters", "dead letters", counts.dead_letters},
          {"skus", "SKUs", counts.skus},
          {"records", "records, a sample", counts.records}};
}

void print_counts(const Report& report, std::chrono::milliseconds took) {
  Table table({{"READ"}, {"", Table::Align::kRight}});
  for (const Counted& each : counts_of(report)) {
    if (each.label != nullptr) table.add({{each.label}, {std::to_string(each.number)}});
  }
  table.print();
  print("up to result " + report.horizon.to.text() + ", in " + duration_text(took));
  print(took.count() >= 100 ? " (" + std::to_string(rate_of(report, took)) + " results/s)\n\n" : "\n\n");
}

void print_checks(const audit::Findings& findings) {
  Table table({{"CHECK"}, {"CHECKED", Table::Align::kRight}, {"VIOLATIONS", Table::Align::kRight}, {""}});
  for (const audit::Tally& tally : findings.tallies()) {
    table.add({{tally.text->name},
               {std::to_string(tally.checked)},
               {std::to_string(tally.violations), tally.violations > 0 ? Color::kRed : Color::kPlain},
               {tally.text->meaning}});
  }
  table.print();
}

void print_not_checked(const audit::Findings::NotChecked& not_checked) {
  if (not_checked.empty()) return;
  print("\n");
  Table table({{"NOT CHECKED"}, {"", Table::Align::kRight}, {"BECAUSE"}});
  for (const auto& [what, count] : not_checked) {
    table.add({{shown(what.first)}, {std::to_string(count)}, {shown(what.second)}});
  }
  table.print();
}

// `lane`: where the violations are, if there are several.
void print_violations(const audit::Findings& findings, const std::string& lane) {
  for (const audit::Tally& tally : findings.tallies()) {
    if (tally.violations == 0) continue;
    print("\n" + (lane.empty() ? "" : "lane '" + lane + "', ") + colored(tally.text->name, Color::kRed) + ": " +
          count_text(tally.violations, "violation") + "\n");
    for (const audit::Finding& finding : tally.kept) print("  " + line_of(finding) + "\n");
    const uint64_t more = tally.violations - tally.kept.size();
    if (more > 0) print("  and " + std::to_string(more) + " more (--max-findings)\n");
  }
}

void print_advice(const Report& report, const std::string& lane) {
  for (const std::string& advice : report.advice) {
    print("\n" + (lane.empty() ? "" : "lane '" + lane + "': ") + shown(advice) + "\n");
  }
}

void print_verdict(uint64_t violations) {
  print("\n" + (violations == 0
                    ? colored("clean", Color::kGreen) + ": all that was checked holds\n"
                    : colored("violated", Color::kRed) + ": " + count_text(violations, "violation") + "\n"));
}

Json json_of(const Report& report, std::chrono::milliseconds took) {
  const audit::Findings& findings = report.findings;
  Json out = {{"verdict", findings.violations() == 0 ? "clean" : "violated"}};
  for (const Counted& each : counts_of(report)) out[each.member] = each.number;
  out["violation_count"] = findings.violations();
  for (const char* list : {"checks", "not_checked", "violations"}) out[list] = Json::array();
  for (const audit::Tally& tally : findings.tallies()) {
    const char* const name = tally.text->name;
    out["checks"].push_back({{"name", name}, {"checked", tally.checked}, {"violations", tally.violations}});
    for (const audit::Finding& finding : tally.kept) out["violations"].push_back(json_of(name, finding));
  }
  for (const auto& [what, count] : findings.not_checked()) {
    out["not_checked"].push_back({{"what", what.first}, {"why", what.second}, {"count", count}});
  }
  out["advice"] = report.advice;
  const audit::Position& position = report.horizon.position;
  out["horizon"] = {{"result", report.horizon.to.text()},
                    {"position", position.known() ? Json(position.id.text()) : Json()}};
  out["seconds"] = static_cast<double>(took.count()) / 1000;
  out["results_per_second"] = rate_of(report, took);
  out["passes"] = report.counts.passes;
  return out;
}

void print_report(const Report& report, std::chrono::milliseconds took) {
  const audit::Findings& findings = report.findings;
  print_counts(report, took);
  print_checks(findings);
  print_not_checked(findings.not_checked());
  print_violations(findings, "");
  print_advice(report, "");
  print_verdict(findings.violations());
}

Json json_of(const std::vector<LaneReport>& reports) {
  uint64_t violations = 0;
  bool whole = true;
  Json lanes = Json::array();
  for (const auto& [lane, report, took] : reports) {
    Json out = {{"lane", lane}};
    if (report) {
      violations += report->findings.violations();
      out.update(json_of(*report, took));
    } else {
      out["error"] = report.error();
      whole = false;
    }
    lanes.push_back(std::move(out));
  }
  return {{"verdict", violations > 0 ? Json("violated")
                      : whole        ? Json("clean")
                                     : Json()},
          {"violation_count", violations},
          {"lanes", lanes}};
}

void print_lanes(const std::vector<LaneReport>& reports) {
  using Align = Table::Align;
  Table table({{"LANE"},
               {"RESULTS", Align::kRight},
               {"ACCEPTED", Align::kRight},
               {"REJECTED", Align::kRight},
               {"WAITING", Align::kRight},
               {"VIOLATIONS", Align::kRight},
               {""}});
  uint64_t violations = 0, unread = 0;
  audit::Findings::NotChecked not_checked;
  for (const auto& [lane, report, took] : reports) {
    if (!report) {
      ++unread;
      table.add({{lane}, {"-"}, {"-"}, {"-"}, {"-"}, {"-"}, {report.error(), Color::kRed}});
      continue;
    }
    const audit::Counts& counts = report->counts;
    const uint64_t found = report->findings.violations();
    violations += found;
    for (const auto& [what, count] : report->findings.not_checked()) not_checked[what] += count;
    table.add({{lane},
               {std::to_string(counts.results)},
               {std::to_string(counts.accepted)},
               {std::to_string(counts.rejected)},
               {std::to_string(counts.waiting)},
               {std::to_string(found), found > 0 ? Color::kRed : Color::kPlain},
               {"up to " + report->horizon.to.text() + ", in " + duration_text(took)}});
  }
  table.print();
  print_not_checked(not_checked);
  for (const auto& [lane, report, took] : reports) {
    if (!report) continue;
    print_violations(report->findings, lane);
    print_advice(*report, lane);
  }
  if (violations > 0 || unread == 0) print_verdict(violations);
  if (unread > 0) print("\n" + count_text(unread, "lane") + " could not be audited\n");
}

}  // namespace

void print_reports(const Context& context, const std::vector<LaneReport>& reports) {
  const auto& [lane, report, took] = reports.front();
  if (context.json) return print_json(context.several() ? json_of(reports) : json_of(*report, took));
  if (context.several()) return print_lanes(reports);
  print_report(*report, took);
}

}  // namespace orderd::tools
