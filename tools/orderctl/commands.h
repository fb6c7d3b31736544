// The sub-commands of orderctl, each in the file of its name. Each function adds one to the command line.
#pragma once

namespace CLI {
class App;
}

namespace orderd::tools {

struct Program;

void add_audit(CLI::App& parent, Program& program);    // prove the ledger
void add_dead(CLI::App& parent, Program& program);     // list, show, requeue, discard: malformed requests
void add_doctor(CLI::App& parent, Program& program);   // what is wrong with a server, why it matters, how to fix it
void add_lane(CLI::App& parent, Program& program);     // the lane of an SKU, and names for lanes; asks no server
void add_order(CLI::App& parent, Program& program);    // what is known of an order
void add_pause(CLI::App& parent, Program& program);    // pause and resume: stop and continue the settling of requests
void add_results(CLI::App& parent, Program& program);  // the results stream: its end or all of it, once or as it grows
void add_status(CLI::App& parent, Program& program);   // who is active, what waits, and what is wrong with the server
void add_stock(CLI::App& parent, Program& program);    // set, add, get, list
void add_submit(CLI::App& parent, Program& program);   // push one order from flags, or many from a file

}  // namespace orderd::tools
