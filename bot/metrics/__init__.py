"""How the assistant is doing, in numbers: counted here, scraped by Prometheus, shown in the console."""
