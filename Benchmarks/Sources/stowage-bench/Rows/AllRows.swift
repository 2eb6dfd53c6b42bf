/// Every row, in the order in which they run.
enum AllRows {
    static var all: [BenchmarkRow] {
        SQLiteRows.all + PostgresRows.all + JSONRows.all + MoveRows.all + MemoryRows.all + CommandRows.all
            + GrowthRows.all + SafetyRows.all
    }
}
