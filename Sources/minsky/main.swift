print("minsky")
