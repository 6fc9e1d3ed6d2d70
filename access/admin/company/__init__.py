"""The pages of an account, a company's or an accounting office's: its add-on, its people, its accountant."""
