DROP TABLE mails;
DROP TABLE signup_tickets;
DROP TABLE sign_in_codes;
DROP TABLE addresses;
