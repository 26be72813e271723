PAGES = {"formulas": lambda top: "# Formulas\n"}
